/** Whether the rows should hold still, so that nobody hits a button that has just moved under the pointer. */

const AIMING_MS = 1_500;

let aimedAt = -Infinity;

export function listenToAiming(): void {
  document.addEventListener("pointermove", ({ target }) => {
    if (target instanceof Element && target.closest(".actions, .cell-tick") !== null) {
      aimedAt = performance.now();
    }
  });
  // What was aimed at is hit.
  document.addEventListener("click", () => aimedAt = -Infinity);
}

export function isAiming(): boolean {
  return performance.now() - aimedAt < AIMING_MS;
}
