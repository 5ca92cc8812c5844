import { testFault } from "../support/faults/test_fault.ts";
import { burst } from "./burst_fault.ts";

testFault(burst);
