import { testFault } from "../support/faults/test_fault.ts";
import { reader } from "./reader_fault.ts";

testFault(reader);
