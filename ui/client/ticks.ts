/** Which rows are ticked. The state is in the checkboxes themselves, so it survives re-rendering. */
import type { Liveness } from "../manager/views.ts";

function boxes(): HTMLInputElement[] {
  return [...document.querySelectorAll<HTMLInputElement>("input[data-tick]")];
}

export function pickedNow(): Liveness["picked"] {
  const ticked = boxes().filter(({ checked }) => checked);
  const legal = (verb: string) =>
    ticked.filter(({ dataset }) => dataset.tick?.split(" ").includes(verb)).length;
  return { all: ticked.length, resubmit: legal("resubmit"), cancel: legal("cancel") };
}

/** The `seq` numbers of the ticked jobs. */
export function tickedSeqs(): Set<number> {
  return new Set(boxes().filter(({ checked }) => checked).map(({ dataset }) => Number(dataset.seq)));
}

export function untickAll(): void {
  for (const box of boxes()) box.checked = false;
}

export interface TicksOptions {
  /** Called whenever a box changes. */
  readonly onChange: () => void;
  /** Called when the reader asks for new jobs that are not shown because of the ticks. */
  readonly onShowNewer: () => void;
}

/** The checkbox in the table head ticks all the others. */
export function listenToTicks({ onChange, onShowNewer }: TicksOptions): void {
  let anchor: HTMLInputElement | null = null;
  let isRange = false;
  document.addEventListener("click", (event) => isRange = event.shiftKey, { capture: true });
  document.addEventListener("change", ({ target }) => {
    if (!(target instanceof HTMLInputElement)) return;
    if (target.dataset.tickAll !== undefined) {
      for (const box of boxes()) box.checked = target.checked;
    }
    if (target.dataset.tick !== undefined) {
      if (isRange && anchor !== null) tickRange(anchor, target);
      anchor = target;
    }
    if (target.dataset.tickAll !== undefined || target.dataset.tick !== undefined) onChange();
  });
  document.addEventListener("click", ({ target }) => {
    if (target instanceof Element && target.closest("[data-show-newer]") !== null) onShowNewer();
  });
  // A form is reset only after all listeners have run.
  document.addEventListener("reset", () => setTimeout(onChange));
}

/** Sets all checkboxes between the two to the state of the last one. */
function tickRange(from: HTMLInputElement, to: HTMLInputElement): void {
  const all = boxes();
  const ends = [all.indexOf(from), all.indexOf(to)];
  if (ends.includes(-1)) return;
  for (const box of all.slice(Math.min(...ends), Math.max(...ends) + 1)) box.checked = to.checked;
}

/** Updates the checkbox in the table head from the others. */
export function updateTickAll(): void {
  const head = document.querySelector<HTMLInputElement>("input[data-tick-all]");
  if (head === null) return;
  const all = boxes();
  const ticked = all.filter(({ checked }) => checked).length;
  head.checked = ticked > 0 && ticked === all.length;
  head.indeterminate = ticked > 0 && ticked < all.length;
}
