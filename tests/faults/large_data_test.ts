import { testFault } from "../support/test_fault.ts";
import { largeData } from "./large_data_fault.ts";

testFault(largeData);
