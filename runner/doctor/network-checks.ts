/** What answers of the network mean, in plain words: names, certificates, HTTP refusals, sockets. Pure. */
import type { Ban } from '../../shared/bans.ts';
import { pageText, refusalKind } from '../../shared/http-refusal.ts';
import { withoutLogin } from '../../shared/settings/words.ts';
import { type Finding, failure, okay, warning } from './finding.ts';

/** The answer of a probe that can fail before anybody answers: `code` is Node's or OpenSSL's. */
export type Failed = { readonly kind: 'failed'; readonly code: string; readonly message: string };

export type NameProbe =
  | { readonly kind: 'found'; readonly addresses: readonly string[]; readonly tookMs: number }
  | Failed;
export type TlsProbe =
  | { readonly kind: 'secured'; readonly protocol: string; readonly validTo: string; readonly tookMs: number }
  | Failed;
export type HttpAnswer = {
  readonly kind: 'answered';
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
};
export type HttpProbe = HttpAnswer | Failed;
/** `opened`: the handshake was accepted. A refusal is an HTTP answer. */
export type SocketProbe = { readonly kind: 'opened'; readonly tookMs: number } | HttpAnswer | Failed;

export function nameFinding(host: string, probe: NameProbe): Finding {
  const subject = `DNS of ${host}`;
  if (probe.kind === 'failed') return failure(subject, ...explainFailure(probe));
  return okay(subject, `${probe.addresses.slice(0, 3).join(', ')} (${Math.round(probe.tookMs)} ms)`);
}

export function tlsFinding(host: string, probe: TlsProbe): Finding {
  const subject = `TLS of ${host}`;
  if (probe.kind === 'failed') return failure(subject, ...explainFailure(probe));
  return okay(
    subject,
    `${probe.protocol}, certificate valid until ${probe.validTo} (${Math.round(probe.tookMs)} ms)`,
  );
}

export function socketFinding(url: string, probe: SocketProbe): Finding {
  const subject = `socket ${withoutLogin(url)}`;
  if (probe.kind === 'failed') return failure(subject, ...explainFailure(probe));
  if (probe.kind === 'opened') return okay(subject, `opened (${Math.round(probe.tookMs)} ms)`);
  return failure(subject, ...explainStatus(probe));
}

/** The REST address by its time endpoint; undefined text means that the answer is what it should be. */
export function restFinding(url: string, probe: HttpProbe): Finding {
  const subject = `REST ${withoutLogin(url)}`;
  if (probe.kind === 'failed') return failure(subject, ...explainFailure(probe));
  if (probe.status === 200 && serverTimeOf(probe) !== undefined) return okay(subject, 'answers');
  return failure(subject, ...explainStatus(probe));
}

/** The REST address is not asked: `file` says that it would make a shut-out longer. */
export function shutOutFinding(url: string, { until, reason }: Ban, file: string): Finding {
  return failure(
    `REST ${withoutLogin(url)}`,
    `not asked: this address is shut out until ${new Date(until).toISOString()} (${reason}), and each request would make it longer`,
    `Wait until then, and stop other programs that ask from this address. If it has another address by now, stop the runner and remove ${file}.`,
  );
}

/** The proxy in words, without its password. */
export function proxyFinding(proxy: string | undefined, hasExceptions: boolean): Finding {
  if (proxy === undefined) return okay('proxy', 'none');
  const { protocol, host, username } = URL.canParse(proxy)
    ? new URL(proxy)
    : { protocol: '', host: '', username: '' };
  if (host === '') return failure('proxy', 'HTTPS_PROXY is not a URL', 'Write http://host:port.');
  const login = username === '' ? '' : ' with a login';
  const exceptions = hasExceptions ? '; NO_PROXY makes exceptions' : '';
  if (protocol !== 'http:' && protocol !== 'https:') {
    return failure(
      'proxy',
      `${protocol}//${host} is no HTTP proxy`,
      'Only http:// and https:// proxies can be used.',
    );
  }
  return okay('proxy', `${protocol}//${host}${login}${exceptions}`);
}

/** Milliseconds since the epoch that an answer of the time endpoint holds; undefined when it is something else. */
export function serverTimeOf(answer: HttpAnswer): number | undefined {
  let content: unknown;
  try {
    content = JSON.parse(answer.body);
  } catch {
    return undefined;
  }
  const time =
    typeof content === 'object' && content !== null && 'time' in content ? content.time : undefined;
  return typeof time === 'number' && time > 1_500_000_000_000 ? time : undefined;
}

type Explanation = readonly [found: string, advice: string];

/** Why the exchange, or something in front of it, does not serve us. */
export function explainStatus({ status, headers, body }: HttpAnswer): Explanation {
  const said = pageText(body, 160) || 'no text';
  const server = headers['server'] ?? '';
  const kind = refusalKind(status, body, server);
  switch (kind) {
    case 'too_frequent':
    case 'country':
    case 'content_network':
    case 'forbidden':
      return explainForbidden(kind, server, said);
    case 'proxy_login':
      return [
        'HTTP 407: the proxy wants a login',
        'Put user and password into HTTPS_PROXY: http://user:password@host:port.',
      ];
    case 'rate_limited':
      return [
        'HTTP 429: too many requests',
        'Wait a minute; other programs at this address may be asking, too.',
      ];
    case 'not_found':
      return [
        'HTTP 404: the address exists but this path does not',
        'Check the URLs in .env: paths and a missing or doubled category.',
      ];
    case 'server_error':
      return [
        `HTTP ${status}: the exchange (or what is in front of it) is out of order: ${said}`,
        'Try again in some minutes; look at the status page of Bybit.',
      ];
    case 'redirect':
      return [
        `HTTP ${status}: sent elsewhere, to ${headers['location'] ?? 'nowhere'}`,
        'A login page of the network, or a wrong URL: open it in a browser.',
      ];
    case 'other':
      if (status !== 200) return [`HTTP ${status}: ${said}`, 'Check the URLs in .env.'];
      return [
        `an answer that is not the exchange's: ${said}`,
        'A login page of the network, a proxy, or a wrong URL: open it in a browser.',
      ];
  }
}

function explainForbidden(
  kind: 'too_frequent' | 'country' | 'content_network' | 'forbidden',
  server: string,
  said: string,
): Explanation {
  switch (kind) {
    case 'too_frequent':
      return [
        'HTTP 403, "access too frequent": this address sent too many requests',
        'Stop every program that asks Bybit from this address for at least 10 minutes.',
      ];
    case 'country':
      return [
        'HTTP 403: Bybit does not serve the country of this address',
        'Towline cannot change that. Run it where Bybit serves; a testnet or a regional host of your account may be open.',
      ];
    case 'content_network':
      return [
        `HTTP 403 from ${server || 'the content network'}, before Bybit saw the request: ${said}`,
        'Often a blocked country (US, mainland China) or data centre; try from another network.',
      ];
    case 'forbidden':
      return [
        `HTTP 403: ${said}`,
        'A firewall, a proxy or Bybit itself: compare with curl from this machine and from another network.',
      ];
  }
}

const failures: Readonly<Record<string, Explanation>> = {
  ENOTFOUND: ['there is no such name', 'Check the spelling of the URL; ask another name server.'],
  EAI_AGAIN: ['the name server does not answer', 'Check the network connection and /etc/resolv.conf.'],
  ECONNREFUSED: [
    'nobody listens there',
    'Check host and port; for the simulated exchange start it first: npm run exchange.',
  ],
  ECONNRESET: ['the connection was cut', 'A firewall or a proxy in between: try from another network.'],
  ETIMEDOUT: [
    'no answer in time',
    'A firewall that swallows packets, or no route: check the network, or set HTTPS_PROXY.',
  ],
  EHOSTUNREACH: ['there is no way to this host', 'Check the network connection.'],
  ENETUNREACH: ['there is no network', 'Check the network connection (IPv6 without a route counts, too).'],
  CERT_HAS_EXPIRED: [
    'its certificate has expired',
    "Check this machine's date; otherwise somebody in between shows an old certificate.",
  ],
  CERT_NOT_YET_VALID: ['its certificate is not valid yet', "Check this machine's date."],
  ERR_TLS_CERT_ALTNAME_INVALID: [
    'its certificate is for another name',
    'A wrong URL, or somebody in between.',
  ],
  EPROTO: ['it does not speak TLS', 'Check the scheme of the URL (ws or wss, http or https).'],
};
const untrusted: Explanation = [
  'its certificate is not signed by anybody this machine trusts',
  'A proxy that opens encrypted traffic does this: give its certificate in NODE_EXTRA_CA_CERTS.',
];

/** Why nobody answered. */
export function explainFailure({ code, message }: Failed): Explanation {
  if (/SELF_SIGNED|UNABLE_TO|CERT_UNTRUSTED/.test(code)) return untrusted;
  if (/TIMEOUT|TIMEDOUT/i.test(code)) return failures['ETIMEDOUT'] ?? untrusted;
  if (/SSL|WRONG_VERSION/.test(code)) return failures['EPROTO'] ?? untrusted;
  return failures[code] ?? [`${message} (${code})`, 'See docs/troubleshooting.md.'];
}

/** A warning instead of a failure, where a proxy does the work. */
export function softened(finding: Finding): Finding {
  if (finding.status !== 'fail') return finding;
  return warning(finding.subject, finding.found, 'It need not work from here while a proxy is used.');
}
