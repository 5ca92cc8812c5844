/** The way in. */
import { Head } from "../components/head.tsx";

export interface LoginPageProps {
  readonly error?: string;
  /** Where to go afterwards. */
  readonly next?: string;
}

export function LoginPage({ error, next = "/" }: LoginPageProps) {
  return (
    <html lang="en">
      <Head title="Log in · Persistent Queue" />
      <body class="page-login">
        <main class="login">
          <form class="panel login-form" method="post" action="/login">
            <img src="/static/icon.svg" alt="" width="40" height="40" />
            <h1>Persistent Queue</h1>
            {error !== undefined && (
              <p class="message message-danger" role="alert" id="login-error">{error}</p>
            )}
            <input type="hidden" name="next" value={next} />
            {/* There is one user: password managers want a name to keep the password under. */}
            <input type="text" name="username" value="manager" autocomplete="username" readonly hidden />
            <div class="field">
              <label for="password">Password</label>
              <input
                id="password"
                name="password"
                type="password"
                autocomplete="current-password"
                required
                autofocus
                {...(error === undefined ? {} : { "aria-describedby": "login-error", "aria-invalid": true })}
              />
            </div>
            <button class="primary" type="submit">Log in</button>
          </form>
        </main>
      </body>
    </html>
  );
}
