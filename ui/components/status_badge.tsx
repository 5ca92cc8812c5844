/** A status in its own words; colour only repeats what the text says. */
import type { Status } from "@persistent-queue/queue";

export function StatusBadge({ status }: { readonly status: Status }) {
  return <span class={`badge badge-${status.toLowerCase()}`}>{status}</span>;
}
