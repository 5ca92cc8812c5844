import { testFault } from "../support/test_fault.ts";
import { upgrade } from "./upgrade_fault.ts";

testFault(upgrade);
