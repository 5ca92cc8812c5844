import { testFault } from "../support/faults/test_fault.ts";
import { backlog } from "./backlog_fault.ts";

testFault(backlog);
