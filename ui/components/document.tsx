/** The document around a page: head, header, main landmark. */
import type { ComponentChildren } from "preact";

export interface ShellProps {
  /** The title of the document, as the tab shows it. */
  readonly title: string;
  readonly page: "manager" | "ops";
  readonly version: string;
  /** Links and buttons in the header. */
  readonly nav?: ComponentChildren;
  readonly children: ComponentChildren;
  /** Addresses such as `/static/manager.js`. */
  readonly scripts: readonly string[];
  /** Addresses of style sheets in addition to `/static/app.css`. */
  readonly styles: readonly string[];
}

const NAMES = { manager: "Manager", ops: "Ops" } as const;

export function Shell({ title, page, version, nav, children, scripts, styles }: ShellProps) {
  return (
    <html lang="en">
      <Head title={title}>
        {styles.map((href) => <link key={href} rel="stylesheet" href={href} />)}
        {scripts.map((src) => <script key={src} type="module" src={src} />)}
      </Head>
      <body class={`page-${page}`}>
        <a class="skip" href="#main">Skip to content</a>
        <header class="top">
          <a class="brand" href="/">
            <img src="/static/icon.svg" alt="" width="24" height="24" />
            <span class="brand-name">Persistent Queue</span>
            <span class="brand-page">{NAMES[page]}</span>
          </a>
          <nav class="top-nav" aria-label="Pages">{nav}</nav>
        </header>
        <main id="main" tabIndex={-1}>{children}</main>
        <footer class="foot">Persistent Queue {version}</footer>
      </body>
    </html>
  );
}

/** In the header of pages behind a login. */
export function LogOutForm() {
  return (
    <form method="post" action="/logout" data-plain>
      <button type="submit" class="quiet">Log out</button>
    </form>
  );
}

/**
 * Excludes an element that a script keeps up to date from the browser's translation, which would replace its text nodes,
 * so that they would no longer update. An `object`, because the JSX types declare this attribute only as a boolean, which
 * is not rendered.
 */
export const UNTRANSLATED: object = { translate: "no" };

export interface HeadProps {
  /** The title of the document, as the tab shows it. */
  readonly title: string;
  /** Scripts and style sheets of this page only. */
  readonly children?: ComponentChildren;
}

/** The head of every document. */
export function Head({ title, children }: HeadProps) {
  return (
    <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <meta name="color-scheme" content="light dark" />
      <title>{title}</title>
      <link rel="icon" href="/static/icon.svg" type="image/svg+xml" />
      <link rel="stylesheet" href="/static/app.css" />
      {children}
    </head>
  );
}
