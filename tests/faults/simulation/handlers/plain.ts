/** A handler of the simulation. */
import { play } from "../stage.ts";

export const handler = play;
