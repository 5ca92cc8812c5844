import { testFault } from "../support/faults/test_fault.ts";
import { largeData } from "./large_data_fault.ts";

testFault(largeData);
