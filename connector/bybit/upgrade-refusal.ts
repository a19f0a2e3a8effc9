/** Why the exchange answered a connection request with an HTTP status instead of a socket. */
import type { ErrorCode } from '../../shared/errors.ts';
import { pageText, refusalKind } from '../../shared/http-refusal.ts';

export type UpgradeRefusal = { readonly code: ErrorCode; readonly reason: string };

/** `server` is the header of that name. */
export function explainUpgradeRefusal(status: number, body: string, server = ''): UpgradeRefusal {
  const said = pageText(body, 200);
  switch (refusalKind(status, body, server)) {
    case 'too_frequent':
      return {
        code: 'ip_banned',
        reason: `HTTP 403, "access too frequent": this address is shut out for at least 10 minutes`,
      };
    case 'country':
      return {
        code: 'region_blocked',
        reason: 'HTTP 403: the exchange does not serve the country of this IP address',
      };
    case 'content_network':
      return {
        code: 'region_blocked',
        reason: `HTTP 403 from the content network, often for a blocked country or data centre: ${said || 'no text'}`,
      };
    case 'forbidden':
      return {
        code: 'connect_refused',
        reason: `HTTP 403${said === '' ? ' without a reason' : `: ${said}`}`,
      };
    case 'rate_limited':
      return { code: 'rate_limited', reason: 'HTTP 429: too many connection attempts' };
    case 'proxy_login':
      return {
        code: 'connect_refused',
        reason: 'HTTP 407: the proxy wants a user name and a password; put them into HTTPS_PROXY',
      };
    case 'not_found':
      return { code: 'connect_refused', reason: 'HTTP 404: there is no such socket path; check the URL' };
    case 'server_error':
    case 'redirect':
    case 'other':
      return { code: 'connect_refused', reason: `HTTP ${status}${said === '' ? '' : `: ${said}`}` };
  }
}
