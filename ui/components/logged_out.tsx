import type { ComponentChildren } from "preact";

/**
 * What stands in the place of a page whose session is over. The page does not go to the login by itself: it could
 * take a reader along who is just leaving for elsewhere. It comes back after a login in another window.
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
