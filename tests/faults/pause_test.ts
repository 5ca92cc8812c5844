import { testFault } from "../support/test_fault.ts";
import { pause } from "./pause_fault.ts";

testFault(pause);
