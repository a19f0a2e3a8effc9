/**
 * What one setting is: its name's row in the table from which the parser, .env.example and docs/configuration.md are made.
 *
 * A value arrives as text. Its type is a zod schema from text to value together with the words that say what is allowed,
 * so that a refusal, the example file and the documentation cannot disagree.
 */
import { z } from 'zod';
import {
  anyText,
  decimalNumber,
  oneOf,
  type TextType,
  wholeNumber,
  yesOrNo,
} from '../../shared/settings/words.ts';

/** Sections of .env.example and of the documentation, in this order. */
export const groups = [
  'source',
  'which connector',
  'what',
  'URLs',
  'sockets',
  'account',
  'history',
  'Redis and friends',
  'context',
  'process',
] as const;
export type Group = (typeof groups)[number];

/**
 * `history`: what fetches history, by hand and as the runner's child; `history by hand`: not as the child, which gets no secrets;
 * `where history is`: those, the runner and the backtest. `later`: the feature does not exist yet, so nobody reads it.
 */
export type ReadBy =
  | 'runner'
  | 'connector'
  | 'both'
  | 'history'
  | 'history by hand'
  | 'history and backtest'
  | 'where history is'
  | 'runner and history'
  | 'later';

export type ValueType<T> = { readonly allowed: string; readonly schema: z.ZodType<T, string> };

/** A feature that is not built: enabling it is an error, tuning it a warning. Nothing is accepted and then ignored. */
export type NotBuilt = {
  readonly feature: string;
  /** `refuse` also refuses to start; `warn` is for numbers that only tune the feature. */
  readonly whenSet: 'refuse' | 'warn';
  /** Values (lower case) that switch nothing on and are taken without a word. */
  readonly harmless?: readonly string[];
};

/** For what would switch a missing feature on. */
export function refused(feature: string, harmless: readonly string[] = []): NotBuilt {
  return { feature, whenSet: 'refuse', harmless };
}

/** For what would only tune a missing feature. */
export function unused(feature: string): NotBuilt {
  return { feature, whenSet: 'warn' };
}

export type Setting<T = unknown, D extends string | undefined = string | undefined> = {
  readonly group: Group;
  readonly value: ValueType<T>;
  /** Of what the number counts, for example seconds. */
  readonly unit?: string;
  /** As it would be written in .env; undefined means "not set". */
  readonly default: D;
  readonly readBy: ReadBy;
  /** One or two sentences for the owner of the machine. */
  readonly does: string;
  /** Never shown, never given to a child. */
  readonly secret?: boolean;
  readonly notBuilt?: NotBuilt;
};

/** A row of the table; a helper only for the types. */
export function setting<T, const D extends string | undefined>(row: Setting<T, D>): Setting<T, D> {
  return row;
}

export function text(allowed?: string, pattern?: RegExp): ValueType<string> {
  return typed(anyText(allowed, pattern));
}

export function choice<const T extends string>(choices: readonly [T, ...T[]]): ValueType<T> {
  return typed(oneOf(choices));
}

export function integer(min: number, max: number): ValueType<number> {
  return typed(wholeNumber(min, max));
}

export function decimal(min: number, max: number): ValueType<number> {
  return typed(decimalNumber(min, max));
}

export function boolean(): ValueType<boolean> {
  return typed(yesOrNo);
}

/** A type that the connector reads by, too. */
function typed<T>({ allowed, read }: TextType<T>): ValueType<T> {
  const schema = z.string().transform((value, context): T => {
    const found = read(value);
    if (found !== undefined) return found;
    context.addIssue(`must be ${allowed}`);
    return z.NEVER;
  });
  return { allowed, schema };
}

/** An absolute URL of one of the schemes, without a user name or password (those would show up in logs and status). */
export function url(schemes: readonly string[]): ValueType<URL> {
  return {
    allowed: `a URL that begins with ${schemes.map((scheme) => `${scheme}://`).join(' or ')}, without user name and password`,
    schema: z
      .string()
      .refine((value) => isUrl(value, schemes))
      .transform((value) => new URL(value)),
  };
}

function isUrl(value: string, schemes: readonly string[]): boolean {
  if (!URL.canParse(value)) return false;
  const parsed = new URL(value);
  return schemes.includes(parsed.protocol.slice(0, -1)) && parsed.username === '' && parsed.password === '';
}
