/**
 * The faults that can be ordered, and how an order is read.
 *
 * Common fields: `category` and `topic` narrow a fault down (left out: all), `ms` ends it by itself (left out: until
 * cleared). An order is read strictly: an unknown kind or field is refused by name, because a test that orders a
 * misspelt fault would pass for the wrong reason.
 */
import type { Category } from './instruments.ts';
import { CATEGORIES } from './instruments.ts';

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
  | ({ readonly kind: 'skip_update' | 'restart_book'; readonly topic: string } & Pick<Narrowed, 'category'>)
  | ({ readonly kind: 'refuse_topic'; readonly topic: string; readonly ms?: number } & Pick<
      Narrowed,
      'category'
    >)
  | ({ readonly kind: 'duplicate_frame'; readonly topic: string; readonly count: number } & Pick<
      Narrowed,
      'category'
    >)
  | ({ readonly kind: 'malformed_frame'; readonly text?: string } & Pick<Narrowed, 'category'>)
  | { readonly kind: 'rate_limit'; readonly calls: number }
  | { readonly kind: 'ban'; readonly ms: number }
  | ({ readonly kind: 'delay' | 'delay_ack'; readonly delay_ms: number; readonly ms?: number } & Pick<
      Narrowed,
      'category'
    >);

export type FaultKind = Fault['kind'];

type Field = 'category' | 'topic' | 'ms' | 'status' | 'new_sockets' | 'count' | 'text' | 'calls' | 'delay_ms';

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
  rate_limit: ['calls!'],
  ban: ['ms!'],
  delay: ['category', 'delay_ms!', 'ms'],
  delay_ack: ['category', 'delay_ms!', 'ms'],
};

const DEFAULTS: Partial<Record<Field, unknown>> = { status: 503, new_sockets: false, count: 1 };

const whole = (least: number, most: number) => (value: unknown) =>
  Number.isInteger(value) && (value as number) >= least && (value as number) <= most
    ? undefined
    : `must be a whole number from ${least} to ${most}`;
const string = (value: unknown) => (typeof value === 'string' && value !== '' ? undefined : 'must be a text');

const CHECKS: Record<Field, (value: unknown) => string | undefined> = {
  category: (value) =>
    CATEGORIES.some((known) => known === value) ? undefined : `must be one of ${CATEGORIES.join(', ')}`,
  topic: string,
  ms: whole(1, 86_400_000),
  status: (value) => (value === 403 || value === 503 ? undefined : 'must be 403 or 503'),
  new_sockets: (value) => (typeof value === 'boolean' ? undefined : 'must be true or false'),
  count: whole(1, 1000),
  text: string,
  calls: whole(1, 1_000_000),
  delay_ms: whole(1, 600_000),
};

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
    const value = given[field] ?? DEFAULTS[field];
    if (value === undefined) {
      if (FIELDS[kind].includes(`${field}!`)) problems.push(`${field} is missing`);
      continue;
    }
    const problem = CHECKS[field](value);
    if (problem === undefined) fault[field] = value;
    else problems.push(`${field} ${problem}`);
  }
  // The table above has checked every field that this kind can have.
  return problems.length > 0 ? { problems } : { fault: fault as unknown as Fault };
}
