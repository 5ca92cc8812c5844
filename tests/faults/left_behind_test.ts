import { testFault } from "../support/test_fault.ts";
import { leftBehind } from "./left_behind_fault.ts";

testFault(leftBehind);
