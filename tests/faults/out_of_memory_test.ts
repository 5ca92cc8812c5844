import { testFault } from "../support/faults/test_fault.ts";
import { outOfMemory } from "./out_of_memory_fault.ts";

testFault(outOfMemory);
