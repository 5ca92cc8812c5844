import { testFault } from "../support/test_fault.ts";
import { hang } from "./hang_fault.ts";

testFault(hang);
