/** Every row of the fault plan that can be repeated at will, in the order of its letters. */
import type { Fault } from "./fault.ts";
import { backlog } from "./backlog_fault.ts";
import { burst } from "./burst_fault.ts";
import { clock } from "./clock_fault.ts";
import { damage } from "./damage_fault.ts";
import { failpoints } from "./failpoint_fault.ts";
import { foreignLock } from "./foreign_lock_fault.ts";
import { fullDisk } from "./full_disk_fault.ts";
import { handEdit } from "./hand_edit_fault.ts";
import { hang } from "./hang_fault.ts";
import { kill } from "./kill_fault.ts";
import { leftBehind } from "./left_behind_fault.ts";
import { largeData } from "./large_data_fault.ts";
import { lostFile } from "./lost_file_fault.ts";
import { malformedRequest } from "./malformed_request_fault.ts";
import { outOfMemory } from "./out_of_memory_fault.ts";
import { pause } from "./pause_fault.ts";
import { powerLoss } from "./power_loss_fault.ts";
import { reader } from "./reader_fault.ts";
import { server } from "./server_fault.ts";
import { simulation } from "./simulation/simulation_fault.ts";
import { slowClient } from "./slow_client_fault.ts";
import { sqlErrors } from "./sql_error_fault.ts";
import { stop } from "./stop_fault.ts";
import { threadDeath } from "./thread_death_fault.ts";
import { upgrade } from "./upgrade_fault.ts";
import { zombie } from "./zombie_fault.ts";

export const FAULTS: readonly Fault[] = [
  simulation,
  kill,
  failpoints,
  fullDisk,
  sqlErrors,
  damage,
  threadDeath,
  hang,
  outOfMemory,
  zombie,
  pause,
  clock,
  foreignLock,
  handEdit,
  lostFile,
  powerLoss,
  backlog,
  reader,
  burst,
  stop,
  malformedRequest,
  slowClient,
  server,
  upgrade,
  leftBehind,
  largeData,
];
