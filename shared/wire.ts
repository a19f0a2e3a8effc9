/**
 * Lines to values and back: the only place where JSON on stdio is read and checked.
 *
 * Reading an event takes the fast way first (a plain check for ordinary trades and depth, then the strict schema); what
 * does not fit gets one more chance by the tolerance of DESIGN 7.1, so that a ten-line connector of the user's own works: ISO times, numeric ids, missing category or symbol.
 * Nothing is dropped unseen: the caller gets a reason for every line that is not an event.
 */
import { type Command, commandNames, commandSchema } from './commands.ts';
import { describeIssues } from './describe-issues.ts';
import type { Failure, Result } from './errors.ts';
import { fail, ok } from './errors.ts';
import { eventSchema, isEventType, type TowlineEvent } from './events/event.ts';
import { isOrdinaryEvent } from './events/ordinary.ts';
import type { Category } from './market.ts';

/** What a minimal connector may leave out. `symbol` only when exactly one is configured. */
export type LineDefaults = { readonly category: Category; readonly symbol?: string | undefined };

export type DecodedLine =
  | { readonly kind: 'event'; readonly event: TowlineEvent; readonly unknownFields: boolean }
  /** A type that this version does not know: ignored and counted. */
  | { readonly kind: 'unknown_type'; readonly type: string }
  | { readonly kind: 'bad'; readonly reason: string };

/** Decodes one line of a connector's stdout. Never throws. */
export function decodeEvent(line: string, defaults: LineDefaults): DecodedLine {
  const raw = parseObject(line);
  if (!raw.ok) return { kind: 'bad', reason: raw.failure.message };
  if (isOrdinaryEvent(raw.value)) return { kind: 'event', event: raw.value, unknownFields: false };
  const type = raw.value['type'];
  if (!isEventType(type)) {
    return typeof type === 'string'
      ? { kind: 'unknown_type', type: type.slice(0, 60) }
      : { kind: 'bad', reason: 'no field "type"' };
  }
  const strict = eventSchema.safeParse(raw.value);
  if (strict.success) return decoded(raw.value, strict.data);
  const tolerant = eventSchema.safeParse(withTolerance(raw.value, defaults));
  if (tolerant.success) return decoded(raw.value, tolerant.data);
  return { kind: 'bad', reason: describeIssues(tolerant.error.issues) };
}

/** Decodes one command line. The failure says what is wrong in words that go back in the reply. */
export function decodeCommand(value: unknown): Result<Command> {
  if (!isPlainObject(value)) return fail('bad_command', 'a command must be a JSON object');
  const parsed = commandSchema.safeParse(value);
  if (parsed.success) return ok(parsed.data);
  const name = value['command'];
  if (typeof name === 'string' && !commandNames.some((known) => known === name)) {
    return fail(
      'unknown_command',
      `unknown command ${JSON.stringify(name.slice(0, 60))}; known: ${commandNames.join(', ')}`,
    );
  }
  return fail('bad_command', describeIssues(parsed.error.issues));
}

/** Parses a line that must hold one JSON object. */
export function parseObject(line: string): Result<Readonly<Record<string, unknown>>, Failure> {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return fail('bad_line', 'not JSON');
  }
  return isPlainObject(value) ? ok(value) : fail('bad_line', 'not a JSON object');
}

function decoded(raw: Readonly<Record<string, unknown>>, event: TowlineEvent): DecodedLine {
  return { kind: 'event', event, unknownFields: Object.keys(raw).length > Object.keys(event).length };
}

/** Fills in and converts what DESIGN 7.1 lets a foreign connector leave out or write differently. */
function withTolerance(
  raw: Readonly<Record<string, unknown>>,
  defaults: LineDefaults,
): Record<string, unknown> {
  const patched: Record<string, unknown> = { ...raw };
  const isMarket =
    raw['type'] === 'trade' || raw['type'] === 'depth' || raw['type'] === 'kline' || raw['type'] === 'ticker';
  if (isMarket || raw['type'] === 'liquidation') {
    if (patched['category'] === undefined) patched['category'] = defaults.category;
    if (patched['symbol'] === undefined && defaults.symbol !== undefined) patched['symbol'] = defaults.symbol;
  }
  // A number beyond 2^53 has already lost digits when it was parsed: it would make ids collide, so it is refused.
  if (Number.isSafeInteger(patched['id'])) patched['id'] = String(patched['id']);
  for (const key of ['timestamp', 'sent_at', 'at']) {
    if (typeof patched[key] === 'string') patched[key] = isoToMs(patched[key]);
  }
  return patched;
}

/** ISO 8601 with a zone, to ms. Without a zone the moment is not known, so it stays text and is refused by the schema. */
function isoToMs(text: string): unknown {
  const withZone = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})$/i;
  const ms = withZone.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(ms) ? text : ms;
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
