import type { ComponentChildren } from "preact";

export interface HeadProps {
  /** Of the document, as the tab shows it. */
  readonly title: string;
  /** Scripts and style sheets of this page only. */
  readonly children?: ComponentChildren;
}

/** What every document begins with. */
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
