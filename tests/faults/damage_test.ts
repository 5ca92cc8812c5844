import { testFault } from "../support/test_fault.ts";
import { damage } from "./damage_fault.ts";

testFault(damage);
