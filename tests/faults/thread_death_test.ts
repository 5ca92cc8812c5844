import { testFault } from "../support/faults/test_fault.ts";
import { threadDeath } from "./thread_death_fault.ts";

testFault(threadDeath);
