/** Filters and pages of the list without a new document: the address changes, and the view follows. */

export interface NavigationOptions {
  /** Called after the address has changed. */
  readonly onMove: () => void;
}

const TYPING_MS = 150;

export function listenToNavigation({ onMove }: NavigationOptions): void {
  document.addEventListener("click", (event) => {
    const link = event.target instanceof Element
      ? event.target.closest<HTMLAnchorElement>("a[data-go]")
      : null;
    if (link === null || event.button !== 0 || isForBrowser(event)) return;
    event.preventDefault();
    history.pushState(null, "", link.href);
    onMove();
  });
  addEventListener("popstate", onMove);
  listenToFilters(onMove);
}

/** A new tab or window, or a download. */
function isForBrowser({ ctrlKey, metaKey, shiftKey, altKey, defaultPrevented }: MouseEvent): boolean {
  return ctrlKey || metaKey || shiftKey || altKey || defaultPrevented;
}

function listenToFilters(onMove: () => void): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const apply = (form: HTMLFormElement, ms: number) => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      history.replaceState(null, "", addressOf(form));
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
}

function filtersOf(target: EventTarget | null): HTMLFormElement | null {
  return target instanceof Element ? target.closest<HTMLFormElement>("form[data-filters]") : null;
}

function addressOf(form: HTMLFormElement): string {
  const words = new URLSearchParams();
  for (const [name, value] of new FormData(form)) {
    if (typeof value === "string" && value !== "") words.set(name, value);
  }
  return words.size === 0 ? "/" : `/?${words}`;
}
