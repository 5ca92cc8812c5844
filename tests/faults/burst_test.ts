import { testFault } from "../support/test_fault.ts";
import { burst } from "./burst_fault.ts";

testFault(burst);
