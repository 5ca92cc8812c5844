/** A button that did its work may be gone from its row: the focus then goes to the row, not to nowhere. */

/** Call before the change; the answer is to be called after it. */
export function keepFocus(): () => void {
  const link = document.activeElement?.closest("tr")?.querySelector<HTMLElement>(".job-link") ?? null;
  return () => {
    if (document.activeElement !== document.body || link === null) return;
    const target = link.isConnected ? link : document.querySelector<HTMLElement>(".job-link");
    (target ?? document.querySelector<HTMLElement>("#main"))?.focus({ preventScroll: true });
  };
}
