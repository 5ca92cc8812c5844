/** Pages and messages that need nothing of the queue. */
import type { ComponentChildren } from "preact";
import { Head } from "./document.tsx";

export interface PlainPageProps {
  readonly title: string;
  readonly sentence: string;
  /** The text of the link to the start page. */
  readonly linkText?: string;
}

/** A page with a single message: it needs neither the queue nor a login. */
export function PlainPage({ title, sentence, linkText = "Back to the start" }: PlainPageProps) {
  return (
    <html lang="en">
      <Head title={title} />
      <body>
        <main>
          <PlainBody title={title} sentence={sentence} linkText={linkText} />
        </main>
      </body>
    </html>
  );
}

/** The message, for a page that has a frame. */
export function PlainBody({ title, sentence, linkText }: Required<PlainPageProps>) {
  return (
    <div class="narrow stack">
      <h1>{title}</h1>
      <p>{sentence}</p>
      <p>
        <a href="/">{linkText}</a>
      </p>
    </div>
  );
}

/**
 * Replaces a page whose session is over. The page does not navigate to the login by itself: that could interrupt a reader
 * who is just going somewhere else. It recovers after a login in another window.
 */
export function LoggedOut({ children }: { readonly children?: ComponentChildren }) {
  return (
    <div class="panel empty" role="alert">
      <h1>You are logged out</h1>
      {children}
      <p>Sessions end with “Log out”, after 30 minutes of inactivity, and after 8 hours.</p>
      <p>
        <a class="button" href="">Log in and come back here</a>
      </p>
    </div>
  );
}
