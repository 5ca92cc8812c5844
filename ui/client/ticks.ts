/** Which rows are ticked. The boxes themselves remember it, so it survives every change around them. */
import type { Liveness } from "../manager/views.ts";

export function boxes(): HTMLInputElement[] {
  return [...document.querySelectorAll<HTMLInputElement>("input[data-tick]")];
}

export function pickedNow(): Liveness["picked"] {
  const ticked = boxes().filter(({ checked }) => checked);
  const legal = (verb: string) =>
    ticked.filter(({ dataset }) => dataset.tick?.split(" ").includes(verb)).length;
  return { all: ticked.length, resubmit: legal("resubmit"), cancel: legal("cancel") };
}

export function untickAll(): void {
  for (const box of boxes()) box.checked = false;
}

/** Calls back whenever a box changes; the box in the head of the table ticks all the others. */
export function listenToTicks(onChange: () => void): void {
  document.addEventListener("change", ({ target }) => {
    if (!(target instanceof HTMLInputElement)) return;
    if (target.dataset.tickAll !== undefined) {
      for (const box of boxes()) box.checked = target.checked;
    }
    if (target.dataset.tickAll !== undefined || target.dataset.tick !== undefined) onChange();
  });
  // A form is reset after all who hear of it were told.
  document.addEventListener("reset", () => setTimeout(onChange));
}

/** Brings the box in the head of the table in line with the others. */
export function showAllTicked(): void {
  const head = document.querySelector<HTMLInputElement>("input[data-tick-all]");
  if (head === null) return;
  const all = boxes();
  const ticked = all.filter(({ checked }) => checked).length;
  head.checked = ticked > 0 && ticked === all.length;
  head.indeterminate = ticked > 0 && ticked < all.length;
}
