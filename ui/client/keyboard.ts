/** Keyboard shortcuts. They are off while something is being typed. */

const KEYS: Readonly<Record<string, () => void>> = {
  "/": () => document.querySelector<HTMLInputElement>("#search")?.focus(),
  "j": () => step(1),
  "k": () => step(-1),
  "x": tick,
  "r": () => act("resubmit"),
  "c": () => act("cancel"),
  "?": showHelp,
};

export function listenToKeys(): void {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (event.key === "Escape" && isSearch(event.target)) event.target.blur();
    if (isTyping(event.target) || document.querySelector("dialog[open]") !== null) return;
    if (!areKeysOn()) return;
    const press = KEYS[event.key] ?? tabKey(event.key);
    if (press === undefined) return;
    event.preventDefault();
    press();
  });
  document.addEventListener("click", (event) => {
    if (event.target instanceof Element && event.target.closest("[data-help]") !== null) showHelp();
  });
  document.addEventListener("change", ({ target }) => {
    if (target instanceof HTMLInputElement && target.dataset.keysSwitch !== undefined) {
      switchKeys(target.checked);
    }
  });
}

function isSearch(target: EventTarget | null): target is HTMLInputElement {
  return target instanceof HTMLInputElement && target.id === "search";
}

function isTyping(target: EventTarget | null): boolean {
  if (target instanceof HTMLInputElement) return target.type !== "checkbox";
  return target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement;
}

/** Moves the focus to the link of the next row, or of the one before. */
function step(by: 1 | -1): void {
  const links = [...document.querySelectorAll<HTMLAnchorElement>(".job-link")];
  const row = document.activeElement?.closest("tr") ?? null;
  const here = links.findIndex((link) => row !== null && row.contains(link));
  const next = here === -1 ? 0 : Math.min(Math.max(here + by, 0), links.length - 1);
  links[next]?.focus();
}

function tick(): void {
  document.activeElement?.closest("tr")?.querySelector<HTMLInputElement>("input[data-tick]")?.click();
}

/** Clicks the button of the focused row, or of the page's only job. */
function act(verb: string): void {
  const place = document.activeElement?.closest("tr") ?? document.querySelector(".job-head");
  place?.querySelector<HTMLButtonElement>(`button[data-verb="${verb}"]`)?.click();
}

/** `1` to `8` open the tabs, in their order. */
function tabKey(key: string): (() => void) | undefined {
  if (!/^[1-8]$/.test(key)) return undefined;
  const tab = document.querySelectorAll<HTMLAnchorElement>(".tab")[Number(key) - 1];
  return tab === undefined ? undefined : () => tab.click();
}

function showHelp(): void {
  const help = document.querySelector<HTMLDialogElement>("#help");
  const box = help?.querySelector<HTMLInputElement>("[data-keys-switch]");
  if (box) box.checked = areKeysOn();
  if (help !== null && !help.open) help.showModal();
}

/** Single-key shortcuts get in the way of speech input: they can be switched off permanently. */
const NAME = "persistent-queue-keys";

let areOn = remembered() !== "off";

function areKeysOn(): boolean {
  return areOn;
}

function switchKeys(isOn: boolean): void {
  areOn = isOn;
  try {
    localStorage.setItem(NAME, isOn ? "on" : "off");
  } catch {
    // Without storage the choice lasts as long as the page.
  }
}

function remembered(): string | null {
  try {
    return localStorage.getItem(NAME);
  } catch {
    return null;
  }
}
