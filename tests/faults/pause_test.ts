import { testFault } from "../support/faults/test_fault.ts";
import { pause } from "./pause_fault.ts";

testFault(pause);
