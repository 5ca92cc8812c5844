import { testFault } from "../support/faults/test_fault.ts";
import { malformedRequest } from "./malformed_request_fault.ts";

testFault(malformedRequest);
