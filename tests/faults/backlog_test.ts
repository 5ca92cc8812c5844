import { testFault } from "../support/test_fault.ts";
import { backlog } from "./backlog_fault.ts";

testFault(backlog);
