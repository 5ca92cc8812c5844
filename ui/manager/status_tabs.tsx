import type { Status } from "@persistent-queue/queue";
import { count } from "../components/format.ts";
import { isNarrowed, listPath } from "./list_query.ts";
import type { ListView } from "./views.ts";

/**
 * All, the statuses and Stalled, each a link that keeps the other filters, each with its live count. Beside a search or
 * a kind there are no counts: those of all jobs would be taken for those that match.
 */
export function StatusTabs({ view: { query, counts, stalled } }: { readonly view: ListView }) {
  // A tab leads to all that is PENDING, also from what is due later.
  const others = { ...query, due: "" };
  const isHonest = !isNarrowed(others);
  const all = Object.values(counts).reduce((sum, n) => sum + n, 0);
  const at = (status: string, isStalled: boolean) =>
    listPath({ ...others, status, stalled: isStalled, cursor: "" });
  const here = (status: string) => !query.stalled && query.status === status;
  return (
    <nav class="tabs" aria-label="Status">
      <Tab href={at("", false)} name="All" n={isHonest ? all : null} isHere={here("")} />
      {(Object.keys(counts) as Status[]).map((status) => (
        <Tab
          key={status}
          href={at(status, false)}
          name={status}
          n={isHonest ? counts[status] : null}
          isHere={here(status)}
        />
      ))}
      <Tab href={at("", true)} name="Stalled" n={isHonest ? stalled : null} isHere={query.stalled} />
    </nav>
  );
}

interface TabProps {
  readonly href: string;
  readonly name: string;
  /** Null: not known. */
  readonly n: number | null;
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
      <span class="tab-name">{name}</span>{" "}
      <span class="tab-count" data-count={name}>{n === null ? "" : count(n)}</span>
    </a>
  );
}
