/** Every row of the fault plan, in the order of its letters. */
import type { Fault } from "./fault.ts";
import { simulation } from "./simulation/simulation_fault.ts";

export const FAULTS: readonly Fault[] = [simulation];
