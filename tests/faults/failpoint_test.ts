import { testFault } from "../support/faults/test_fault.ts";
import { failpoints } from "./failpoint_fault.ts";

testFault(failpoints);
