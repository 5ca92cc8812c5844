/** Certificates for test servers, made with `openssl` and readable only by the user of the servers. */
import type { TempFolder } from "../temp_folder.ts";
import { runAsServer } from "./server_process.ts";

export interface Certificate {
  readonly certificate: string;
  readonly key: string;
  /** The file of the certificate that a client has to trust. */
  readonly authority: string;
}

const KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
const DAYS = ["-days", "2"];

/** Signed by its own authority, for these names: `DNS:localhost`, `IP:127.0.0.1`. */
export async function issuedCertificate(folder: TempFolder, names: string): Promise<Certificate> {
  const made = {
    certificate: folder.file("server.pem"),
    key: folder.file("server.key"),
    authority: folder.file("ca.pem"),
  };
  const [request, authorityKey, extension] = [
    folder.file("request"),
    folder.file("ca.key"),
    folder.file("names"),
  ];
  await openssl(
    "req",
    "-x509",
    ...KEY,
    ...DAYS,
    "-subj",
    "/CN=tests",
    "-keyout",
    authorityKey,
    "-out",
    made.authority,
  );
  await openssl("req", ...KEY, "-subj", "/CN=server", "-keyout", made.key, "-out", request);
  await Deno.writeTextFile(extension, `subjectAltName=${names}`);
  await openssl(
    ...["x509", "-req", ...DAYS, "-in", request, "-extfile", extension, "-out", made.certificate],
    ...["-CA", made.authority, "-CAkey", authorityKey, "-CAcreateserial"],
  );
  return made;
}

/** A self-signed one for these names. */
export async function selfSignedCertificate(folder: TempFolder, names: string): Promise<Certificate> {
  const [key, certificate] = [folder.file("own.key"), folder.file("own.pem")];
  await openssl(
    ...["req", "-x509", ...KEY, ...DAYS, "-subj", "/CN=server", "-keyout", key, "-out", certificate],
    ...["-addext", `subjectAltName=${names}`, "-addext", "basicConstraints=critical,CA:FALSE"],
  );
  return { certificate, key, authority: certificate };
}

async function openssl(...args: readonly string[]): Promise<void> {
  await runAsServer("openssl", args);
}
