import { testFault } from "../support/test_fault.ts";
import { malformedRequest } from "./malformed_request_fault.ts";

testFault(malformedRequest);
