import { testFault } from "../support/faults/test_fault.ts";
import { leftBehind } from "./left_behind_fault.ts";

testFault(leftBehind);
