/** Filters and pages of the list without a new document: the address changes, and the view follows. */
import { addressOf } from "./base_path.ts";

export interface NavigationOptions {
  /** Called after the address has changed. */
  readonly onMove: () => void;
}

const TYPING_MS = 150;

export function listenToNavigation({ onMove }: NavigationOptions): void {
  const filters = listenToFilters(onMove);
  document.addEventListener("click", (event) => {
    const link = event.target instanceof Element
      ? event.target.closest<HTMLAnchorElement>("a[data-go]")
      : null;
    if (link === null || event.button !== 0 || isForBrowser(event)) return;
    event.preventDefault();
    history.pushState(null, "", link.href);
    filters.follow();
    onMove();
    // Another page of the list begins at its top.
    scrollTo(0, 0);
  });
  addEventListener("popstate", () => {
    filters.follow();
    onMove();
  });
}

/** A new tab or window, or a download. */
function isForBrowser({ ctrlKey, metaKey, shiftKey, altKey, defaultPrevented }: MouseEvent): boolean {
  return ctrlKey || metaKey || shiftKey || altKey || defaultPrevented;
}

interface Filters {
  /** Brings the fields in line with the address. */
  follow(): void;
}

function listenToFilters(onMove: () => void): Filters {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const apply = (form: HTMLFormElement, ms: number) => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      timer = undefined;
      history.replaceState(null, "", filteredAddress(form));
      onMove();
    }, ms);
  };
  document.addEventListener("input", ({ target }) => {
    const form = filtersOf(target);
    if (form !== null) apply(form, target instanceof HTMLSelectElement ? 0 : TYPING_MS);
  });
  document.addEventListener("submit", (event) => {
    const form = filtersOf(event.target);
    if (form === null) return;
    event.preventDefault();
    apply(form, 0);
  });
  // What is being typed is not taken away: it is about to be in the address.
  return { follow: () => timer === undefined && fillIn() };
}

function filtersOf(target: EventTarget | null): HTMLFormElement | null {
  return target instanceof Element ? target.closest<HTMLFormElement>("form[data-filters]") : null;
}

const FIELDS = ["q", "kind", "due", "changed_since"] as const;

function fillIn(): void {
  const words = new URLSearchParams(location.search);
  for (const name of FIELDS) {
    const field = document.querySelector<HTMLInputElement | HTMLSelectElement>(
      `[data-filters] [name=${name}]`,
    );
    if (field !== null) field.value = words.get(name) ?? "";
  }
}

/** The address with what the fields say, from the newest job on. */
function filteredAddress(form: HTMLFormElement): string {
  const words = new URLSearchParams(location.search);
  const fields = new FormData(form);
  for (const name of ["cursor", "note"]) words.delete(name);
  for (const name of FIELDS) {
    const value = fields.get(name);
    if (typeof value === "string" && value !== "") words.set(name, value);
    else words.delete(name);
  }
  return addressOf(words.size === 0 ? "/" : `/?${words}`);
}
