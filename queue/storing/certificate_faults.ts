/** Sentences for a rejected certificate. Codes: https://nodejs.org/api/tls.html#x509-certificate-error-codes */

const IS_UNTRUSTED = /^(UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|CERT_)/;
const IS_OF_ANOTHER = "ERR_TLS_CERT_ALTNAME_INVALID";

/** What is wrong and what to do, without a full stop; null for any other `code`. `server`: the server's name. */
export function certificateFault(code: string, server: string): string | null {
  if (code === IS_OF_ANOTHER) {
    return `The certificate of ${server} is for another name: name the server in QUEUE_URL as its certificate does`;
  }
  if (!IS_UNTRUSTED.test(code)) return null;
  return `The certificate of ${server} is not trusted: set the variable DENO_CERT to the file of the authority that issued it, and see that it has not expired`;
}
