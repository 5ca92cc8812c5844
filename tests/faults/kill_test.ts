import { testFault } from "../support/test_fault.ts";
import { kill } from "./kill_fault.ts";

testFault(kill);
