const KEYS = [
  ["/", "Search"],
  ["j", "Next job"],
  ["k", "Previous job"],
  ["x", "Select the job"],
  ["Enter", "Open the job"],
  ["r", "Resubmit the job"],
  ["c", "Cancel the job"],
  ["1 – 8", "All, PENDING … Stalled"],
  ["Shift", "and a click: select a range"],
  ["?", "This help"],
] as const;

/** The keys. Opened by script only, as only a script listens to keys. */
export function Help() {
  return (
    <dialog id="help" class="help" aria-labelledby="help-title">
      <h2 id="help-title">Keyboard shortcuts</h2>
      <dl>
        {KEYS.map(([key, what]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      <label class="keys-switch">
        <input type="checkbox" data-keys-switch /> Use these keys
      </label>
      <form method="dialog" data-plain>
        <button type="submit">Close</button>
      </form>
    </dialog>
  );
}
