/** Where the reader is. Rows hold still while the reader rests on them, with the pointer or the keyboard. */

const RESTED_ON = "tbody:hover";
/** Where a click left it the focus says nothing; a keyboard's focus does. */
const FOCUSED = "tbody :focus-visible";

/** A finger that has left the glass still counts as hovering: only a pointer can rest on something. */
const canHover = matchMedia("(hover: hover)");

export function isRestedOn(): boolean {
  if (document.querySelector(FOCUSED) !== null) return true;
  return canHover.matches && document.querySelector(RESTED_ON) !== null;
}

/** Calls back when the reader begins to rest on the rows, and when they have left them. */
export function listenToRest(onChange: () => void): void {
  let wasRestedOn = false;
  const look = () => {
    const isNow = isRestedOn();
    if (wasRestedOn !== isNow) onChange();
    wasRestedOn = isNow;
  };
  for (const type of ["pointerover", "focusin"]) document.addEventListener(type, look);
  // What is hovered and focused is told right after these.
  for (const type of ["mouseleave", "focusout"]) {
    document.documentElement.addEventListener(type, () => setTimeout(look));
  }
}

/**
 * A button that did its work may be gone from its row: the focus then goes to the row, not to nowhere. Call it before
 * the change, and the function that it returns afterwards.
 */
export function keepFocus(): () => void {
  const link = document.activeElement?.closest("tr")?.querySelector<HTMLElement>(".job-link") ?? null;
  return () => {
    if (document.activeElement !== document.body || link === null) return;
    const target = link.isConnected ? link : document.querySelector<HTMLElement>(".job-link");
    (target ?? document.querySelector<HTMLElement>("#main"))?.focus({ preventScroll: true });
  };
}
