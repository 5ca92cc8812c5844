import { testFault } from "../support/faults/test_fault.ts";
import { foreignLock } from "./foreign_lock_fault.ts";

testFault(foreignLock);
