/**
 * What it means when HTTP answers where a socket or data were asked for. Pure; each side says it in its own words.
 *
 * A 403 has several causes (bybit-v5.md 0.19, 0.20, 6.2): too many requests or connections from this address, a country that
 * is not served, the content network in front of the exchange, or something else in between.
 */

/**
 * `too_frequent`: this address is shut out for at least 10 minutes. `country`: the page says that the country is not served.
 * `content_network`: refused before the exchange saw it; often a country or a data centre, but nobody says so.
 * `forbidden`: a 403 of any other kind. `redirect`: sent elsewhere, as login pages of networks do.
 */
export type RefusalKind =
  | 'too_frequent'
  | 'country'
  | 'content_network'
  | 'forbidden'
  | 'proxy_login'
  | 'rate_limited'
  | 'not_found'
  | 'server_error'
  | 'redirect'
  | 'other';

/** `server` is the header of that name, empty when there was none. */
export function refusalKind(status: number, body: string, server: string): RefusalKind {
  if (status === 403) return forbiddenKind(body, server);
  if (status === 404) return 'not_found';
  if (status === 407) return 'proxy_login';
  if (status === 429) return 'rate_limited';
  if (status >= 500) return 'server_error';
  if (status >= 300 && status < 400) return 'redirect';
  return 'other';
}

function forbiddenKind(body: string, server: string): RefusalKind {
  if (/too frequent|too many|rate limit/i.test(body)) return 'too_frequent';
  const country =
    /block access from your country|(restricted|forbidden) (location|country|region)|(your|this) (country|region)/i;
  if (country.test(body)) return 'country';
  if (/cloudfront|akamai|cloudflare/i.test(`${server} ${body}`)) return 'content_network';
  return 'forbidden';
}

/** What a page says, without its markup, at most `length` characters of it. */
export function pageText(body: string, length: number): string {
  return body
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, length);
}
