import { testFault } from "../support/faults/test_fault.ts";
import { stop } from "./stop_fault.ts";

testFault(stop);
