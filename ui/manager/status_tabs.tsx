import type { Status } from "@persistent-queue/queue";
import { count } from "../components/format.ts";
import { listPath } from "./list_query.ts";
import type { ListView } from "./views.ts";

/** All, the statuses and Stalled, each with its live count, and each a link that keeps the other filters. */
export function StatusTabs({ view: { query, counts, stalled } }: { readonly view: ListView }) {
  const all = Object.values(counts).reduce((sum, n) => sum + n, 0);
  const at = (status: string, isStalled: boolean) =>
    listPath({ ...query, status, stalled: isStalled, cursor: "" });
  const here = (status: string) => !query.stalled && query.status === status;
  return (
    <nav class="tabs" aria-label="Status">
      <Tab href={at("", false)} name="All" n={all} isHere={here("")} />
      {(Object.keys(counts) as Status[]).map((status) => (
        <Tab key={status} href={at(status, false)} name={status} n={counts[status]} isHere={here(status)} />
      ))}
      <Tab href={at("", true)} name="Stalled" n={stalled} isHere={query.stalled} />
    </nav>
  );
}

interface TabProps {
  readonly href: string;
  readonly name: string;
  readonly n: number;
  readonly isHere: boolean;
}

function Tab({ href, name, n, isHere }: TabProps) {
  return (
    <a
      class={`tab tab-${name.toLowerCase()}`}
      href={href}
      data-go
      aria-current={isHere ? "page" : undefined}
      data-empty={n === 0 ? "" : undefined}
    >
      <span class="tab-name">{name}</span> <span class="tab-count" data-count={name}>{count(n)}</span>
    </a>
  );
}
