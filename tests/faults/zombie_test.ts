import { testFault } from "../support/test_fault.ts";
import { zombie } from "./zombie_fault.ts";

testFault(zombie);
