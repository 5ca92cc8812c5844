import { testFault } from "../support/faults/test_fault.ts";
import { kill } from "./kill_fault.ts";

testFault(kill);
