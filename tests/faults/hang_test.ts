import { testFault } from "../support/faults/test_fault.ts";
import { hang } from "./hang_fault.ts";

testFault(hang);
