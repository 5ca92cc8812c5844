import { testFault } from "../support/faults/test_fault.ts";
import { lostFile } from "./lost_file_fault.ts";

testFault(lostFile);
