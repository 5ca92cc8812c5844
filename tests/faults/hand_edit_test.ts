import { testFault } from "../support/faults/test_fault.ts";
import { handEdit } from "./hand_edit_fault.ts";

testFault(handEdit);
