import { testFault } from "../support/test_fault.ts";
import { failpoints } from "./failpoint_fault.ts";

testFault(failpoints);
