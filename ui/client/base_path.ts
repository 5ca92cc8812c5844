/** Pages below a path: the server has put it before the links of the document, and here it goes before all others. */
import { options } from "preact";

/** Where this script came from: `/jobs/static/manager.js`. */
const base = new URL("..", import.meta.url).pathname.replace(/\/$/, "");

const LINKS = ["href", "src", "action", "formAction"];

/** Where the browser finds a path of the app, `/view/list` for instance. */
export function addressOf(path: string): string {
  return base + path;
}

/** From now on whatever is rendered leads below the base too. Components write their links as if there were none. */
export function renderBelowBase(): void {
  if (base === "") return;
  const before = options.vnode;
  options.vnode = (vnode) => {
    const props: Record<string, unknown> = vnode.props;
    for (const name of typeof vnode.type === "string" ? LINKS : []) {
      const address = props[name];
      if (typeof address === "string" && /^\/(?!\/)/.test(address)) props[name] = addressOf(address);
    }
    before?.(vnode);
  };
}
