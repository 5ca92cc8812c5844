/** Ways into the Manager, where it is known to be; plain text where it is not. */
import type { ComponentChildren } from "preact";
import type { Status } from "@persistent-queue/queue";

/** The Manager's origin as the visitor knows it, such as `http://localhost:8501`, or null. */
export type ManagerAddress = string | null;

/** The list of the jobs with this status. */
export function listHref(manager: string, status: Status): string {
  return `${manager}/?${new URLSearchParams({ status })}`;
}

/** The job's own page. */
export function jobHref(manager: string, id: string): string {
  return `${manager}/job?${new URLSearchParams({ id })}`;
}

export interface JobLinkProps {
  readonly manager: ManagerAddress;
  readonly id: string;
  readonly children: ComponentChildren;
}

export function JobLink({ manager, id, children }: JobLinkProps) {
  if (manager === null) return <>{children}</>;
  return <a class="to-job" href={jobHref(manager, id)}>{children}</a>;
}
