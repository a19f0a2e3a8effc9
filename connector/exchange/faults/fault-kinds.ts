/**
 * The faults that can be ordered, and how an order is read.
 *
 * Common fields: `category` and `topic` narrow a fault down (left out: all), `ms` ends it by itself (left out: until
 * cleared). An order is read strictly: an unknown kind or field is refused by name, because a test that orders a
 * misspelt fault would pass for the wrong reason.
 */
import type { Category } from '../market/instruments.ts';
import { CATEGORIES } from '../market/instruments.ts';

interface Narrowed {
  readonly category?: Category;
  readonly topic?: string;
}

/** One fault as ordered. */
export type Fault =
  | ({ readonly kind: 'drop' } & Pick<Narrowed, 'category'>)
  | ({ readonly kind: 'refuse_connections'; readonly status: number; readonly ms?: number } & Pick<
      Narrowed,
      'category'
    >)
  | ({ readonly kind: 'mute'; readonly ms?: number } & Narrowed)
  | ({ readonly kind: 'half_open' | 'freeze'; readonly ms?: number; readonly new_sockets: boolean } & Pick<
      Narrowed,
      'category'
    >)
  | ({
      readonly kind: 'skip_update' | 'restart_book' | 'cross_book' | 'wrong_level';
      readonly topic: string;
    } & Pick<Narrowed, 'category'>)
  | ({ readonly kind: 'refuse_topic'; readonly topic: string; readonly ms?: number } & Pick<
      Narrowed,
      'category'
    >)
  | ({
      readonly kind: 'duplicate_frame' | 'reorder_frames';
      readonly topic: string;
      readonly count: number;
    } & Pick<Narrowed, 'category'>)
  | ({ readonly kind: 'malformed_frame'; readonly text?: string } & Pick<Narrowed, 'category'>)
  | { readonly kind: 'rate_limit'; readonly calls: number; readonly reset_ms?: number }
  | { readonly kind: 'ban'; readonly ms: number; readonly everything?: boolean }
  | ({ readonly kind: 'delay' | 'delay_ack'; readonly delay_ms: number; readonly ms?: number } & Pick<
      Narrowed,
      'category'
    >)
  | ({ readonly kind: 'close_code'; readonly code: number; readonly reason?: string } & Pick<
      Narrowed,
      'category'
    >)
  | ({ readonly kind: 'dead_on_arrival'; readonly count?: number; readonly ms?: number } & Pick<
      Narrowed,
      'category'
    >)
  | ({ readonly kind: 'lost_ack'; readonly count: number } & Pick<Narrowed, 'category'>)
  | ({ readonly kind: 'slow_drip'; readonly ms: number } & Pick<Narrowed, 'category'>)
  | { readonly kind: 'clock_skew'; readonly offset_ms: number; readonly ms?: number }
  | RestFault;

/**
 * Faults of REST and of the archive; `path` narrows them down to one endpoint or file, or to a folder when it ends with "/".
 * Without a path they concern all of REST and nothing of the archive, but for `archive_defect`, which concerns all its files. `calls` counts the answers that are spoilt.
 */
export type RestFault = { readonly path?: string } & (
  | { readonly kind: 'rest_delay'; readonly delay_ms: number; readonly ms?: number }
  | {
      readonly kind: 'rest_error';
      readonly calls: number;
      readonly http_status?: number;
      readonly ret_code?: number;
      readonly reset_ms?: number;
    }
  | { readonly kind: 'rest_stale'; readonly lag_ms: number; readonly ms?: number }
  | { readonly kind: 'rest_truncated'; readonly calls: number; readonly cut: boolean }
  | { readonly kind: 'rest_slow'; readonly bytes_per_s: number; readonly ms?: number }
  | { readonly kind: 'rest_reset'; readonly calls: number }
  | { readonly kind: 'archive_defect'; readonly calls: number; readonly defect: 'bad_row' | 'other_symbol' }
);

export type FaultKind = Fault['kind'];

type Field = keyof typeof CHECKS;

/** Which fields a kind knows: those with `!` must be there. */
const FIELDS: Record<FaultKind, readonly (Field | `${Field}!`)[]> = {
  drop: ['category'],
  refuse_connections: ['category', 'status', 'ms'],
  mute: ['category', 'topic', 'ms'],
  half_open: ['category', 'new_sockets', 'ms'],
  freeze: ['category', 'new_sockets', 'ms'],
  skip_update: ['category', 'topic!'],
  restart_book: ['category', 'topic!'],
  refuse_topic: ['category', 'topic!', 'ms'],
  duplicate_frame: ['category', 'topic!', 'count'],
  malformed_frame: ['category', 'text'],
  rate_limit: ['calls!', 'reset_ms'],
  ban: ['ms!', 'everything'],
  delay: ['category', 'delay_ms!', 'ms'],
  delay_ack: ['category', 'delay_ms!', 'ms'],
  reorder_frames: ['category', 'topic!', 'count'],
  cross_book: ['category', 'topic!'],
  wrong_level: ['category', 'topic!'],
  close_code: ['category', 'code', 'reason'],
  dead_on_arrival: ['category', 'count', 'ms'],
  lost_ack: ['category', 'count'],
  slow_drip: ['category', 'ms!'],
  clock_skew: ['offset_ms!', 'ms'],
  rest_delay: ['path', 'delay_ms!', 'ms'],
  rest_error: ['path', 'calls', 'http_status', 'ret_code', 'reset_ms'],
  rest_stale: ['lag_ms!', 'ms'],
  rest_truncated: ['path', 'calls', 'cut'],
  rest_slow: ['path', 'bytes_per_s!', 'ms'],
  rest_reset: ['path', 'calls'],
  archive_defect: ['path', 'calls', 'defect!'],
};

const DEFAULTS: Partial<Record<Field, unknown>> = {
  status: 503,
  new_sockets: false,
  count: 1,
  calls: 1,
  code: 1001,
  cut: false,
};
/** Where leaving a field out means something else than its usual value. */
const NO_DEFAULT: Partial<Record<FaultKind, Field>> = { dead_on_arrival: 'count', rate_limit: 'calls' };

const whole = (least: number, most: number) => (value: unknown) =>
  Number.isInteger(value) && (value as number) >= least && (value as number) <= most
    ? undefined
    : `must be a whole number from ${least} to ${most}`;
const string = (value: unknown) => (typeof value === 'string' && value !== '' ? undefined : 'must be a text');

const boolean = (value: unknown) => (typeof value === 'boolean' ? undefined : 'must be true or false');

const CHECKS = {
  category: (value: unknown) =>
    CATEGORIES.some((known) => known === value) ? undefined : `must be one of ${CATEGORIES.join(', ')}`,
  topic: string,
  ms: whole(1, 86_400_000),
  status: (value: unknown) => (value === 403 || value === 503 ? undefined : 'must be 403 or 503'),
  new_sockets: boolean,
  count: whole(1, 1000),
  text: string,
  calls: whole(1, 1_000_000),
  delay_ms: whole(1, 600_000),
  code: (value: unknown) =>
    isCloseCode(value)
      ? undefined
      : 'must be a close code that can be sent: 1000 to 1014 without 1004 to 1006, or 3000 to 4999',
  reason: (value: unknown) =>
    typeof value === 'string' && value.length <= 40 ? undefined : 'must be a text of 40 characters at most',
  offset_ms: (value: unknown) =>
    Number.isInteger(value) && Math.abs(Number(value)) <= 86_400_000
      ? undefined
      : 'must be a whole number from -86400000 to 86400000',
  path: (value: unknown) =>
    typeof value === 'string' && /^\/(v5|trading|spot)\//.test(value)
      ? undefined
      : 'must be a path below /v5/, /trading/ or /spot/; one that ends with "/" means all below it',
  http_status: whole(400, 599),
  ret_code: whole(1, 9_999_999),
  lag_ms: whole(1, 3_600_000),
  cut: boolean,
  everything: boolean,
  reset_ms: whole(1, 3_600_000),
  bytes_per_s: whole(1, 1_000_000_000),
  defect: (value: unknown) =>
    value === 'bad_row' || value === 'other_symbol' ? undefined : 'must be bad_row or other_symbol',
};

/** The codes that a close frame may carry (RFC 6455, 7.4). */
function isCloseCode(value: unknown): boolean {
  const code = Number.isInteger(value) ? Number(value) : 0;
  return (code >= 1000 && code <= 1014 && (code < 1004 || code > 1006)) || (code >= 3000 && code <= 4999);
}

/** The kinds, for messages and for the operator's page. */
export const FAULT_KINDS = Object.keys(FIELDS) as FaultKind[];

/** Reads an ordered fault; otherwise all that is wrong with it. */
export function readFault(
  input: unknown,
): { readonly fault: Fault } | { readonly problems: readonly string[] } {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    return { problems: ['the body must be a JSON object with a "kind"'] };
  }
  const given: Record<string, unknown> = { ...input };
  const kind = FAULT_KINDS.find((known) => known === given['kind']);
  if (kind === undefined) {
    return {
      problems: [`kind ${JSON.stringify(given['kind'])} is unknown; kinds: ${FAULT_KINDS.join(', ')}`],
    };
  }
  const problems: string[] = [];
  const fault: Record<string, unknown> = { kind };
  const known = FIELDS[kind].map((field) => field.replace('!', '') as Field);
  for (const name of Object.keys(given)) {
    if (name !== 'kind' && !known.some((field) => field === name)) {
      problems.push(`${name} is not a field of ${kind}; fields: ${known.join(', ')}`);
    }
  }
  for (const field of known) {
    const value = given[field] ?? (NO_DEFAULT[kind] === field ? undefined : DEFAULTS[field]);
    if (value === undefined) {
      if (FIELDS[kind].includes(`${field}!`)) problems.push(`${field} is missing`);
      continue;
    }
    const problem = CHECKS[field](value);
    if (problem === undefined) fault[field] = value;
    else problems.push(`${field} ${problem}`);
  }
  if (kind === 'rest_error' && (fault['http_status'] === undefined) === (fault['ret_code'] === undefined))
    problems.push('rest_error needs either http_status or ret_code');
  // The table above has checked every field that this kind can have.
  return problems.length > 0 ? { problems } : { fault: fault as unknown as Fault };
}
