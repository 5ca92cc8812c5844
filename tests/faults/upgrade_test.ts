import { testFault } from "../support/faults/test_fault.ts";
import { upgrade } from "./upgrade_fault.ts";

testFault(upgrade);
