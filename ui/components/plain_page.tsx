import { Head } from "./head.tsx";

export interface PlainPageProps {
  readonly title: string;
  readonly sentence: string;
}

/** A page that says one thing: it needs neither the queue nor a login. */
export function PlainPage({ title, sentence }: PlainPageProps) {
  return (
    <html lang="en">
      <Head title={title} />
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
