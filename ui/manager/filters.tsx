import type { ListView } from "./views.ts";

/** Search and kind. A form of its own: without scripts it is sent, with them it works as one types. */
export function Filters({ view: { query, kinds } }: { readonly view: ListView }) {
  const known = query.kind === "" || kinds.includes(query.kind) ? kinds : [...kinds, query.kind];
  return (
    <form class="filters" method="get" action="/" role="search" data-filters>
      {query.stalled && <input type="hidden" name="stalled" value="1" />}
      {query.status !== "" && <input type="hidden" name="status" value={query.status} />}
      {query.limit !== "" && <input type="hidden" name="limit" value={query.limit} />}
      <label class="visually-hidden" for="search">Part of the id</label>
      <input
        id="search"
        class="search"
        type="search"
        name="q"
        defaultValue={query.q}
        placeholder="Part of the id"
        maxLength={2000}
        autocomplete="off"
        spellcheck={false}
      />
      <label class="visually-hidden" for="kind">Kind</label>
      <select id="kind" name="kind">
        <option value="">All kinds</option>
        {known.map((kind) => <option key={kind} value={kind} selected={kind === query.kind}>{kind}</option>)}
      </select>
      <button type="submit" class="without-script">Search</button>
    </form>
  );
}
