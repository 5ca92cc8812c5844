import { testFault } from "../support/faults/test_fault.ts";
import { damage } from "./damage_fault.ts";

testFault(damage);
