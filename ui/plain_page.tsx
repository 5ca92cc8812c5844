/** A page that says one thing: it needs neither the queue nor a login. */
export function PlainPage({ title, sentence }: { title: string; sentence: string }) {
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>{title}</title>
        <link rel="icon" href="/static/icon.svg" />
        <link rel="stylesheet" href="/static/app.css" />
      </head>
      <body>
        <main>
          <h1>{title}</h1>
          <p>{sentence}</p>
          <p>
            <a href="/">To the first page</a>
          </p>
        </main>
      </body>
    </html>
  );
}
