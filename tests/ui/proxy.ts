/** Real proxies on loopback, as docs/operations.md sets them up, with a certificate made for the moment. */
import { request } from "node:https";
import { connect } from "node:net";
import { blockOf, docsPage } from "../style/docs_pages.ts";
import { eventually } from "../support/eventually.ts";
import { freePort } from "../support/processes/free_port.ts";

/** The name of which the page's snippets speak. */
export const NAME = "queue.example.com";

/** The first block of code of docs/operations.md in this language that holds the word. */
export async function snippet(language: string, word: string): Promise<string> {
  return blockOf(await docsPage("docs/operations.md"), language, word);
}

/** Whether the program is there. Where it must be (`REQUIRE_NGINX=1`), a missing one is an error. */
export function isInstalled(program: "nginx" | "caddy"): boolean {
  const folders = ["/usr/sbin", "/usr/local/sbin", ...(Deno.env.get("PATH") ?? "").split(":")];
  if (folders.some((folder) => isFile(`${folder}/${program}`))) return true;
  if (Deno.env.get(`REQUIRE_${program.toUpperCase()}`) === "1") {
    throw new Error(`${program} is not installed`);
  }
  console.log(
    `SKIPPED: ${program} is not installed, so what docs/operations.md says of it is not tried here`,
  );
  return false;
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

export interface Certificate {
  readonly certPath: string;
  readonly keyPath: string;
  readonly pem: string;
}

export async function makeCertificate(folder: string): Promise<Certificate> {
  const [certPath, keyPath] = [`${folder}/queue.pem`, `${folder}/queue.key`];
  const names = ["-subj", `/CN=${NAME}`, "-addext", `subjectAltName=DNS:${NAME},DNS:evil.example`];
  const args = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", ...names];
  const made = await new Deno.Command("openssl", {
    args: [...args, "-keyout", keyPath, "-out", certPath],
    stderr: "piped",
  }).output();
  if (!made.success) throw new Error(`openssl: ${new TextDecoder().decode(made.stderr)}`);
  return { certPath, keyPath, pem: await Deno.readTextFile(certPath) };
}

export interface Proxy extends AsyncDisposable {
  readonly port: number;
}

/** `site` is what the page puts into the configuration of a web server: a `server` block. */
export async function startNginx(folder: string, site: string): Promise<Proxy> {
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((name) => {
    return `${name}_temp_path ${folder}/${name};`;
  });
  const port = freePort();
  const config = [
    ...(Deno.uid() === 0 ? ["user root;"] : []),
    `daemon off; worker_processes 1; pid ${folder}/nginx.pid; error_log ${folder}/nginx.log;`,
    "events {}",
    `http { access_log off; ${temporary.join(" ")}`,
    site.replace(/listen 443/, `listen 127.0.0.1:${port}`),
    "}",
  ];
  await Deno.writeTextFile(`${folder}/nginx.conf`, config.join("\n"));
  return await started("nginx", ["-e", `${folder}/nginx.log`, "-c", `${folder}/nginx.conf`], {
    folder,
    port,
  });
}

export async function startCaddy(folder: string, site: string, certificate: Certificate): Promise<Proxy> {
  const port = freePort();
  const config = [
    `{\n  admin off\n  auto_https off\n  storage file_system ${folder}/caddy\n}`,
    site.replace(
      `${NAME} {`,
      `https://${NAME}:${port} {\n  bind 127.0.0.1\n  tls ${certificate.certPath} ${certificate.keyPath}`,
    ),
  ];
  await Deno.writeTextFile(`${folder}/Caddyfile`, config.join("\n"));
  return await started("caddy", ["run", "--config", `${folder}/Caddyfile`, "--adapter", "caddyfile"], {
    folder,
    port,
  });
}

async function started(
  program: string,
  args: string[],
  { folder, port }: { folder: string; port: number },
): Promise<Proxy> {
  const path = `/usr/sbin:/usr/local/sbin:${Deno.env.get("PATH") ?? ""}`;
  const child = new Deno.Command(program, {
    args,
    cwd: folder,
    env: { PATH: path, HOME: folder, XDG_CONFIG_HOME: folder, XDG_DATA_HOME: folder },
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const said = new Response(child.stderr).text();
  const end = async () => {
    try {
      child.kill("SIGTERM");
    } catch {
      // It has ended already.
    }
    await Promise.all([child.status, said]);
  };
  try {
    await eventually(`${program} listens`, () => accepts(port), { withinMs: 10_000 });
  } catch (error) {
    await end();
    throw new Error(`${program} did not start: ${await said}`, { cause: error });
  }
  return { port, [Symbol.asyncDispose]: end };
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}

export interface Visit {
  readonly path: string;
  readonly host?: string;
  readonly headers?: Record<string, string>;
  /** Sent by POST. */
  readonly form?: Record<string, string>;
  /** The request ends as soon as this text has come: for streams, which never end by themselves. */
  readonly until?: RegExp;
}

export interface Answer {
  readonly status: number;
  readonly location: string | undefined;
  readonly cookies: readonly string[];
  readonly text: string;
}

/** Asks the proxy as a browser does that has resolved the name. */
export function visit(
  { port }: Proxy,
  pem: string,
  { path, host = NAME, headers, form, until }: Visit,
): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const body = form === undefined ? undefined : new URLSearchParams(form).toString();
  const type = body === undefined ? {} : {
    "Content-Type": "application/x-www-form-urlencoded",
    "Content-Length": String(body.length),
  };
  const asked = request({
    ...{ host: "127.0.0.1", port, servername: host, ca: pem, agent: false, path },
    method: body === undefined ? "GET" : "POST",
    headers: { Host: host, "User-Agent": "Mozilla/5.0", ...type, ...headers },
    timeout: 10_000,
  }, (response) => {
    let text = "";
    const done = () => {
      resolve({
        status: response.statusCode ?? 0,
        location: response.headers.location,
        cookies: response.headers["set-cookie"] ?? [],
        text,
      });
      asked.destroy();
    };
    response.setEncoding("utf8");
    response.on("data", (part: string) => {
      text += part;
      if (until?.test(text)) done();
    });
    response.on("end", done);
  });
  asked.on("error", reject);
  asked.on("timeout", () => asked.destroy(new Error(`No response from ${path} within ten seconds`)));
  asked.end(body);
  return promise;
}
