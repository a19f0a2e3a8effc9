/**
 * Who may ask: the checks that keep web pages of others, and other machines, away from this API. Pure.
 *
 * A page on the internet can point its own name at 127.0.0.1 (DNS rebinding) and then read what is served there. It
 * cannot choose the Host header, so names that are not ours are refused. A foreign Origin is refused too, and whatever
 * changes state needs API_TOKEN unless it comes from this very machine.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { isIP } from 'node:net';
import type { ApiErrorCode } from './api-error.ts';

export type AccessPolicy = {
  /** HOST: the address or name that we listen on. */
  readonly host: string;
  /** ALLOWED_HOSTS: further names (`bot.example.org`, or `bot.example.org:5173` for an origin with that port). */
  readonly allowedNames: readonly string[];
  /** API_TOKEN; undefined when none is set. */
  readonly token: string | undefined;
};

export type AccessRequest = {
  readonly method: string;
  readonly host: string | undefined;
  readonly origin: string | undefined;
  readonly authorization: string | undefined;
  /** The peer's address. */
  readonly remoteAddress: string | undefined;
  /** A proxy stands between: the peer's address says nothing about who asks. */
  readonly isForwarded: boolean;
};

export type Refusal = { readonly code: ApiErrorCode; readonly message: string };

/** Null when the request may pass. */
export function judgeAccess(request: AccessRequest, policy: AccessPolicy): Refusal | null {
  const name = hostName(request.host);
  if (name === null || !isAllowedName(name, policy)) {
    return {
      code: 'host_refused',
      message: `Host ${quoted(request.host)} is not served here; loopback names, HOST and ALLOWED_HOSTS are`,
    };
  }
  if (request.origin !== undefined && !isAllowedOrigin(request.origin, request.host, policy)) {
    return {
      code: 'origin_refused',
      message: `pages of ${quoted(request.origin)} may not use this API; those of ALLOWED_HOSTS may`,
    };
  }
  if (request.method === 'GET' || request.method === 'HEAD' || isLocal(request)) return null;
  return hasToken(request.authorization, policy.token)
    ? null
    : {
        code: 'token_required',
        message:
          'what changes state needs the header "Authorization: Bearer <API_TOKEN>" when it does not come from this machine',
      };
}

/** The name of a Host header without its port, in lower case; null when it is none. */
function hostName(host: string | undefined): string | null {
  const match = /^(\[[0-9a-f:.]+\]|[^:[\]\s/@]+)(?::\d{1,5})?$/i.exec(host ?? '');
  return match?.[1]?.toLowerCase().replace(/^\[|\]$/g, '') ?? null;
}

function isAllowedName(name: string, policy: AccessPolicy): boolean {
  if (name === 'localhost' || isLoopback(name)) return true;
  if (name === policy.host.toLowerCase()) return true;
  // Listening everywhere: an address cannot be rebound as a name can, so any address of ours will do.
  if ((policy.host === '0.0.0.0' || policy.host === '::') && isIP(name) !== 0) return true;
  return policy.allowedNames.some((allowed) => hostName(allowed) === name);
}

/** Our own pages name the host that they were loaded from; others must be configured with their port. */
function isAllowedOrigin(origin: string, host: string | undefined, policy: AccessPolicy): boolean {
  if (!/^https?:\/\//i.test(origin) || !URL.canParse(origin)) return false;
  const originHost = new URL(origin).host;
  return (
    originHost === host?.toLowerCase().replace(/:(80|443)$/, '') ||
    originHost === host?.toLowerCase() ||
    policy.allowedNames.some((allowed) => allowed.toLowerCase() === originHost)
  );
}

function isLocal(request: AccessRequest): boolean {
  return !request.isForwarded && isLoopback(request.remoteAddress ?? '');
}

function isLoopback(address: string): boolean {
  const plain = address.replace(/^::ffff:/i, '');
  return plain === '::1' || (isIP(plain) === 4 && plain.startsWith('127.'));
}

/** Compares hashes of equal length in constant time, so that the answer's delay tells nothing about the token. */
function hasToken(authorization: string | undefined, token: string | undefined): boolean {
  const given = /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
  if (given === undefined || token === undefined || token === '') return false;
  return timingSafeEqual(sha256(given), sha256(token));
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function quoted(text: string | undefined): string {
  return JSON.stringify((text ?? '').slice(0, 100));
}
