import { testFault } from "../support/test_fault.ts";
import { threadDeath } from "./thread_death_fault.ts";

testFault(threadDeath);
