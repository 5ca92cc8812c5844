import { testFault } from "../support/faults/test_fault.ts";
import { slowClient } from "./slow_client_fault.ts";

testFault(slowClient);
