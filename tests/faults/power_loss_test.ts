import { testFault } from "../support/faults/test_fault.ts";
import { powerLoss } from "./power_loss_fault.ts";

testFault(powerLoss);
