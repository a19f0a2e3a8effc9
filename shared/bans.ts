/**
 * Shut-outs of this address as text: what a ban is, which text says one, and which of them are believed. Pure.
 *
 * The connector and history write the file and look at it before they ask; the doctor only looks.
 */
import { z } from 'zod';
import type { Failure } from './errors.ts';
import { type Millis, type UnixMs, unixMs } from './time.ts';

export const BAN_FILE = 'bans.json';
/** Nobody writes so much: then it is not our file. */
export const MAX_BAN_FILE_BYTES = 256 * 1024;

/** What HTTP 403 and the codes of a shut-out are told as. */
const codes = ['ip_banned', 'region_blocked', 'request_failed'] as const;
const MAX_REASON = 300;
/** Scopes are hosts that we ask: a file with more of them is none of ours. */
const MAX_BANS = 100;

/** A shut-out: which host says it (`scopeOf`), until when, by the wall clock of this machine, and why. */
export type Ban = {
  readonly scope: string;
  readonly until: UnixMs;
  readonly code: (typeof codes)[number];
  readonly reason: string;
};

/** A clock that was set right by some seconds makes no ban absurd: this much of the longest one, and a second. */
const SLACK_PART = 0.1;
const SLACK_MS: Millis = 1_000;

const bansSchema = z.object({
  bans: z
    .array(
      z.object({
        scope: z.string().min(1).max(600),
        until: z.int().nonnegative().transform(unixMs),
        code: z.enum(codes),
        reason: z.string().max(MAX_REASON),
      }),
    )
    .max(MAX_BANS),
});

/** REST and the archive are two hosts, also where one program is both; and another proxy is another address. */
export function scopeOf(what: 'rest' | 'archive', url: string, proxyUrl: string | undefined): string {
  const via = proxyUrl === undefined ? '' : ` via ${hostOf(proxyUrl)}`;
  return `${what} ${hostOf(url)}${via}`;
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : 'unknown';
}

export function banOf(scope: string, until: UnixMs, { code, message }: Failure): Ban {
  const known = codes.find((one) => one === code) ?? 'ip_banned';
  return { scope, until, code: known, reason: message.slice(0, MAX_REASON) };
}

/** Undefined: the text is none of ours. */
export function readBans(text: string): readonly Ban[] | undefined {
  try {
    return bansSchema.safeParse(JSON.parse(text)).data?.bans;
  } catch {
    return undefined;
  }
}

export function textOfBans(bans: readonly Ban[]): string {
  return `${JSON.stringify({ bans }, undefined, 2)}\n`;
}

/** `absurd`: further ahead than any ban lasts. Whoever wrote it had another clock, or ours was set back since. */
export function beliefIn({ until }: Ban, now: UnixMs, longestMs: Millis): 'believed' | 'over' | 'absurd' {
  if (until <= now) return 'over';
  return until - now > longestMs * (1 + SLACK_PART) + SLACK_MS ? 'absurd' : 'believed';
}
