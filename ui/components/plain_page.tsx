export interface PlainPageProps {
  readonly title: string;
  readonly sentence: string;
}

/** A page that says one thing: it needs neither the queue nor a login. */
export function PlainPage({ title, sentence }: PlainPageProps) {
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>{title}</title>
        <link rel="icon" href="/static/icon.svg" />
        <link rel="stylesheet" href="/static/app.css" />
      </head>
      <body>
        <main>
          <PlainBody title={title} sentence={sentence} wayOut="Back to the start" />
        </main>
      </body>
    </html>
  );
}

/** What it says, for a page that has a frame. */
export function PlainBody({ title, sentence, wayOut }: PlainPageProps & { readonly wayOut: string }) {
  return (
    <div class="narrow stack">
      <h1>{title}</h1>
      <p>{sentence}</p>
      <p>
        <a href="/">{wayOut}</a>
      </p>
    </div>
  );
}
