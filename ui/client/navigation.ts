/**
 * Filters, paging and forms without loading a new document: the address changes and the view follows, or the form is sent
 * in the background.
 */
import type { Note } from "../manager/views.ts";
import { addressOf } from "./base_path.ts";
import { sendForm } from "./send_form.ts";

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
    // A new page of the list starts at the top.
    scrollTo(0, 0);
  });
  addEventListener("popstate", () => {
    filters.follow();
    onMove();
  });
}

/** Whether the browser should handle it: a new tab or window, or a download. */
function isForBrowser({ ctrlKey, metaKey, shiftKey, altKey, defaultPrevented }: MouseEvent): boolean {
  return ctrlKey || metaKey || shiftKey || altKey || defaultPrevented;
}

interface Filters {
  /** Updates the fields from the address. */
  follow(): void;
}

function listenToFilters(onMove: () => void): Filters {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const apply = (form: HTMLFormElement, { isTyped, ms }: { isTyped: boolean; ms: number }) => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      timer = undefined;
      goTo(filteredAddress(form), { isTyped });
      onMove();
    }, ms);
  };
  document.addEventListener("input", ({ target }) => {
    const form = filtersOf(target);
    if (form === null) return;
    const isTyped = !(target instanceof HTMLSelectElement);
    apply(form, { isTyped, ms: isTyped ? TYPING_MS : 0 });
  });
  document.addEventListener("submit", (event) => {
    const form = filtersOf(event.target);
    if (form === null) return;
    event.preventDefault();
    apply(form, { isTyped: true, ms: 0 });
  });
  // Text being typed is not overwritten: it will be in the address in a moment.
  return { follow: () => timer === undefined && fillIn() };
}

/** Each choice is a step back. A text being typed is one, from its first letter on. */
function goTo(address: string, { isTyped }: { readonly isTyped: boolean }): void {
  if (new URL(address, location.href).href === location.href) return;
  const goesOn = isTyped && history.state?.isTyped === true;
  if (goesOn) history.replaceState({ isTyped }, "", address);
  else history.pushState({ isTyped }, "", address);
}

function filtersOf(target: EventTarget | null): HTMLFormElement | null {
  return target instanceof Element ? target.closest<HTMLFormElement>("form[data-filters]") : null;
}

const FIELDS = ["q", "kind", "due", "changed_since"] as const;

function fillIn(): void {
  const params = new URLSearchParams(location.search);
  for (const name of FIELDS) {
    const field = document.querySelector<HTMLInputElement | HTMLSelectElement>(
      `[data-filters] [name=${name}]`,
    );
    if (field !== null) field.value = params.get(name) ?? "";
  }
}

/** The address with the filters of the form, starting from the newest job. */
function filteredAddress(form: HTMLFormElement): string {
  const params = new URLSearchParams(location.search);
  const fields = new FormData(form);
  for (const name of ["cursor", "note"]) params.delete(name);
  for (const name of FIELDS) {
    const value = fields.get(name);
    if (typeof value === "string" && value !== "") params.set(name, value);
    else params.delete(name);
  }
  return addressOf(params.size === 0 ? "/" : `/?${params}`);
}

export interface FormsOptions {
  /** Called with the result. Resolves when the page shows it: until then the button stays disabled. */
  readonly onDone: (note: Note | null, form: HTMLFormElement) => Promise<void>;
  readonly onFailure: (note: Note | null) => void;
}

/** Handles every form sent by POST, except those marked `data-plain`. */
export function listenToForms({ onDone, onFailure }: FormsOptions): void {
  document.addEventListener("click", ignoreSecondClick, { capture: true });
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!(form instanceof HTMLFormElement) || form.dataset.plain !== undefined) return;
    const button = event.submitter;
    if (form.method !== "post" || !(button instanceof HTMLButtonElement)) return;
    event.preventDefault();
    if (button.ariaDisabled === "true") return;
    // Not `disabled`, which would remove the focus.
    button.ariaDisabled = "true";
    // Without a `formaction` attribute, `formAction` is the page's address, not the form's.
    const address = button.hasAttribute("formaction") ? button.formAction : form.action;
    sendForm(address, new FormData(form, button))
      .then(({ note, isAnswered }) => isAnswered ? onDone(note, form) : onFailure(note))
      .finally(() => button.ariaDisabled = null);
  });
}

/**
 * The forms marked `data-plain` lead to another page. Until it is there, a second click would send the form again, which
 * adds a second job.
 */
export function sendPlainFormsOnce(): void {
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!(form instanceof HTMLFormElement) || form.dataset.plain === undefined) return;
    const button = event.submitter;
    if (form.method !== "post" || !(button instanceof HTMLButtonElement)) return;
    if (button.ariaDisabled === "true") event.preventDefault();
    button.ariaDisabled = "true";
  });
  // The browser shows a page as it was left when a person goes back to it.
  addEventListener("pageshow", () => {
    const sent = document.querySelectorAll<HTMLElement>("form[data-plain] [aria-disabled=true]");
    for (const button of sent) button.ariaDisabled = null;
  });
}

/** The second click of a double click was meant for the first button, whatever is in its place now. */
function ignoreSecondClick(event: MouseEvent): void {
  const isAction = event.target instanceof Element && event.target.closest(".actions button") !== null;
  if (!isAction || event.detail < 2) return;
  event.preventDefault();
  event.stopPropagation();
}
