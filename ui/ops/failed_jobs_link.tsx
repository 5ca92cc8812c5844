import { listHref, type ManagerAddress } from "./manager_links.tsx";
import type { Stats } from "./snapshot.ts";

export interface FailedJobsLinkProps {
  readonly manager: ManagerAddress;
  readonly stats: Stats | null;
}

/** To those that were given up; while there are none yet, to those that are still being tried. */
export function FailedJobsLink({ manager, stats }: FailedJobsLinkProps) {
  if (manager === null || stats === null) return null;
  const { UNPROCESSABLE, FAILED } = stats.counts;
  if (UNPROCESSABLE + FAILED === 0) return <a href={listHref(manager, "PROCESSING")}>See the jobs at work</a>;
  return <a href={listHref(manager, UNPROCESSABLE >= FAILED ? "UNPROCESSABLE" : "FAILED")}>See the jobs</a>;
}
