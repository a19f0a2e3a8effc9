/**
 * Why the exchange answered a connection request with an HTTP status instead of a socket.
 *
 * A 403 has three kinds (bybit-v5.md 0.19, 0.20, 6.2): too many requests or connections from this address, a country that
 * is not served (a page of the content network says so), or something else in between.
 */
import type { ErrorCode } from '../../shared/errors.ts';

export type UpgradeRefusal = { readonly code: ErrorCode; readonly reason: string };

export function explainUpgradeRefusal(status: number, body: string): UpgradeRefusal {
  const said = body.replace(/\s+/g, ' ').trim().slice(0, 200);
  if (status === 403 && /too frequent|rate limit|too many/i.test(body)) {
    return {
      code: 'ip_banned',
      reason: `HTTP 403, "access too frequent": this address is shut out for at least 10 minutes`,
    };
  }
  if (status === 403 && /cloudfront|country|region|restricted|forbidden location/i.test(body)) {
    return {
      code: 'region_blocked',
      reason: 'HTTP 403: the exchange does not serve the country of this IP address',
    };
  }
  if (status === 403)
    return { code: 'connect_refused', reason: `HTTP 403${said === '' ? ' without a reason' : `: ${said}`}` };
  if (status === 429) return { code: 'rate_limited', reason: 'HTTP 429: too many connection attempts' };
  if (status === 407)
    return {
      code: 'connect_refused',
      reason: 'HTTP 407: the proxy wants a user name and a password; put them into HTTPS_PROXY',
    };
  if (status === 404)
    return { code: 'connect_refused', reason: 'HTTP 404: there is no such socket path; check the URL' };
  return { code: 'connect_refused', reason: `HTTP ${status}${said === '' ? '' : `: ${said}`}` };
}
