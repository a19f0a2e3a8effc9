/** Why no connection could be opened, in words that say what to look at; the system's own words stay in front. */

/** The error of a socket that never opened. A name with several addresses fails with an error without a message, one inside for each. */
export function explainConnectFailure(error: Error): string {
  const parts = error instanceof AggregateError ? (error.errors as readonly unknown[]) : [error];
  const said = parts.map((part) => (part instanceof Error ? part.message : String(part)).trim()).join('; ');
  const hint = hints.find(({ when }) => when.test(said))?.hint;
  return hint === undefined ? said : `${said} (${hint})`;
}

const hints = [
  {
    when: /wrong version number|packet length too long/,
    hint: 'no TLS is spoken there: check the port, or write ws:// for wss://',
  },
  { when: /ENOTFOUND|EAI_AGAIN/, hint: 'the name cannot be resolved: check the URL and the DNS' },
  { when: /ECONNREFUSED/, hint: 'nobody listens there: check host and port' },
  {
    when: /certificate|self-signed|altname/i,
    hint: 'the certificate is not trusted: does a proxy open the encryption?',
  },
] as const;
