/** Whether the rows have to hold still, so that nobody hits a button that has just come under the pointer. */

const AIMED = ".actions:hover, .cell-tick:hover";
/** Where a click left it the focus says nothing; a keyboard's focus does. */
const FOCUSED = ".actions :focus-visible";

/** A finger that has left the glass still counts as hovering: only a pointer can rest on something. */
const canHover = matchMedia("(hover: hover)");

export function isAimedAt(): boolean {
  if (document.querySelector(FOCUSED) !== null) return true;
  return canHover.matches && document.querySelector(AIMED) !== null;
}

/** Calls back when the pointer or the focus has left what it was on. */
export function listenToAiming(onEnd: () => void): void {
  let wasAimedAt = false;
  const look = () => {
    const isAimed = isAimedAt();
    if (wasAimedAt && !isAimed) onEnd();
    wasAimedAt = isAimed;
  };
  for (const type of ["pointerover", "focusin"]) document.addEventListener(type, look);
  // What is hovered and focused is told right after these.
  for (const type of ["mouseleave", "focusout"]) {
    document.documentElement.addEventListener(type, () => setTimeout(look));
  }
}
