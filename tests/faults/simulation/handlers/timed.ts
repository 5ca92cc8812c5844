/** A job of the simulation that has a deadline. */
import { play } from "../stage.ts";

export const handler = play;
export const deadlineMs = 700;
