/**
 * Shut-outs of this address that outlive the process which was told of them: each request makes one longer, also that of a program
 * which has only just started (bybit-v5.md 6.3).
 *
 * Pure: what a ban is, which text says one, and which of them are believed. The file is in ../io/ban-file.ts.
 */
import { z } from 'zod';
import type { Failure } from '../../shared/errors.ts';
import { type Millis, type MonoMs, type UnixMs, unixMs } from '../../shared/time.ts';

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

export type ToldBan = { readonly until: MonoMs; readonly failure: Failure };

/** What a gate remembers beyond its process. */
export type BanMemory = {
  /** The longest one that others were told of, also before our start. Cheap enough to be asked before each request. */
  readonly look: (now: MonoMs) => ToldBan | undefined;
  /** We were shut out. */
  readonly keep: (ban: ToldBan, now: MonoMs) => void;
};

export const noMemory: BanMemory = { look: () => undefined, keep: () => undefined };

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
