/** A handler of the simulation with a deadline. */
import { play } from "../stage.ts";

export const handler = play;
export const deadlineMs = 700;
