/** Pages below a base path: the server has prefixed the links of the document; this prefixes all the others. */
import { options } from "preact";

/** Where this script came from: `/jobs/static/manager.js`. */
const base = new URL("..", import.meta.url).pathname.replace(/\/$/, "");

const LINKS = ["href", "src", "action", "formAction"];

/** The browser's address of a path of the app, such as `/view/list`. */
export function addressOf(path: string): string {
  return base + path;
}

/** From now on everything rendered links below the base too. Components write their links as if there were no base. */
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
