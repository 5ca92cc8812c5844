import type { Liveness, View } from "./views.ts";

/** What the reader has to know: what has just happened, whether the page is live, what is wrong. */
export function Notices({ view, live }: { readonly view: View; readonly live: Liveness }) {
  const batches = view.page === "list" ? view.batches : [];
  return (
    <div class="notices">
      <div role="status" class="notice-slot">
        {live.note !== "" && <p class="message message-good">{live.note}</p>}
        {!live.isConnected && (
          <p class="message message-warning">Reconnecting… Until then this page refreshes on a timer.</p>
        )}
      </div>
      {batches.map(({ number, sentence, state }) => (
        <p key={number} class={`message ${state === "failed" ? "message-danger" : "message-good"}`}>
          {sentence}
        </p>
      ))}
      {view.warnings.map((warning) => <p key={warning} class="message message-warning">{warning}</p>)}
    </div>
  );
}
