import { testFault } from "../support/test_fault.ts";
import { reader } from "./reader_fault.ts";

testFault(reader);
