/** Links to the Manager; plain text if its address is unknown. */
import type { ComponentChildren } from "preact";
import type { Status } from "@persistent-queue/queue";

/** The Manager's origin as the visitor knows it, such as `http://localhost:8501`, or null. */
export type ManagerAddress = string | null;

/** The address of the list of jobs with these statuses. */
export function listHref(manager: string, ...statuses: readonly Status[]): string {
  return `${manager}/?${new URLSearchParams({ status: statuses.join(",") })}`;
}

/** The address of the job's page. */
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
