import { testFault } from "../support/test_fault.ts";
import { slowClient } from "./slow_client_fault.ts";

testFault(slowClient);
