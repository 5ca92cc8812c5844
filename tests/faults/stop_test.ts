import { testFault } from "../support/test_fault.ts";
import { stop } from "./stop_fault.ts";

testFault(stop);
