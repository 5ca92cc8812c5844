import { testFault } from "../support/faults/test_fault.ts";
import { zombie } from "./zombie_fault.ts";

testFault(zombie);
