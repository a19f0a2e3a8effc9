/**
 * The wishes the runner expresses to a connector, one JSON object a line on its stdin (DESIGN 7.2).
 *
 * `id` is optional; a command that has one gets exactly one `reply` event with the same id.
 */
import { z } from 'zod';
import { fail, ok, type Result } from './errors.ts';
import { gapBoundSchema } from './events/process-events.ts';
import { type Category, depths, symbolSchema, type Topic, topicFields } from './market.ts';

/** Of an id as text. */
const MAX_ID_LENGTH = 200;
/** Of the words that say what a dump is for. */
const MAX_REASON_LENGTH = 500;

const id = z.union([z.string().min(1).max(MAX_ID_LENGTH), z.number().int()]).optional();
const wishFields = {
  ...topicFields,
  symbol: symbolSchema,
  category: topicFields.category.optional(),
  id,
};

/**
 * The last thing that was seen of a topic before an earlier child died: from there a new child heals. `gap_id` names the gap
 * that begins there and is told already: the child tells by the same id where it ends, or that it is healed.
 */
export const resumeSchema = z.object({
  last_id: z.string().min(1).max(64),
  timestamp: gapBoundSchema.shape.timestamp,
  seq: gapBoundSchema.shape.seq,
  gap_id: z.string().min(1).max(100).optional(),
  /** Earlier gaps of trades that have both ends, oldest first: what the exchange still lists of them can be told after all. */
  gaps: z
    .array(z.object({ gap_id: z.string().min(1).max(100), from: gapBoundSchema, to: gapBoundSchema }))
    .max(10)
    .optional(),
});

/**
 * Trades of which an earlier child, or an earlier subscription, had seen none, although the exchange has owed them since `since`: when
 * it first acknowledged the topic, by the wall clock of this machine, ms. A new child heals from there. `gap_id` names the gap without
 * a beginning that is told already. A field of its own, so that a child that reads `resume` finds a place in each.
 */
export const owedSchema = z.object({
  since: z.number().int().positive(),
  gap_id: z.string().min(1).max(100).optional(),
});

/**
 * `instruments` asks for one `instrument` event of everything that is traded in a category; the reply's `data` is `{count}`.
 * `read_book` asks for one `book_check` event (depth 50 when none is said). `dump` asks for the flight recorder's memory to be
 * written out; the reply's `data` is `{file}`.
 */
export const commandSchema = z.discriminatedUnion('command', [
  z.object({
    command: z.literal('subscribe'),
    ...wishFields,
    resume: resumeSchema.optional(),
    owed: owedSchema.optional(),
  }),
  z.object({ command: z.literal('unsubscribe'), ...wishFields }),
  z.object({ command: z.literal('instruments'), category: topicFields.category.optional(), id }),
  z.object({
    command: z.literal('read_book'),
    category: topicFields.category.optional(),
    symbol: symbolSchema,
    depth: z.literal(depths).optional(),
    id,
  }),
  z.object({ command: z.literal('dump'), reason: z.string().max(MAX_REASON_LENGTH).optional(), id }),
  z.object({ command: z.literal('ping'), id }),
  z.object({ command: z.literal('stats'), id }),
  z.object({ command: z.literal('shutdown'), id }),
]);

export type Command = Readonly<z.infer<typeof commandSchema>>;
export type CommandName = Command['command'];
export const commandNames: readonly CommandName[] = [
  'subscribe',
  'unsubscribe',
  'instruments',
  'read_book',
  'dump',
  'ping',
  'stats',
  'shutdown',
];

/** A command about a topic. */
export type TopicCommand = Extract<Command, { command: 'subscribe' | 'unsubscribe' }>;

/** The id by which a reply names the command, also one that is wrong otherwise; undefined where nobody waits for a reply. */
export function commandId(value: unknown): string | undefined {
  const said: unknown = typeof value === 'object' && value !== null && 'id' in value ? value.id : undefined;
  return typeof said === 'string' || typeof said === 'number'
    ? String(said).slice(0, MAX_ID_LENGTH)
    : undefined;
}

/** The topic that is meant: with the category of the process, depth 50 or interval 1 where the command leaves them out. */
export function topicOfCommand(command: TopicCommand, defaultCategory: Category): Result<Topic> {
  const { channel, symbol, category = defaultCategory, depth, interval } = command;
  if (depth !== undefined && channel !== 'depth')
    return fail('bad_command', `depth: only with channel depth, not with ${channel}`);
  if (interval !== undefined && channel !== 'kline')
    return fail('bad_command', `interval: only with channel kline, not with ${channel}`);
  switch (channel) {
    case 'depth':
      return ok({ channel, category, symbol, depth: depth ?? 50 });
    case 'kline':
      return ok({ channel, category, symbol, interval: interval ?? '1' });
    case 'trades':
    case 'ticker':
    case 'liquidation':
      return ok({ channel, category, symbol });
  }
}

/** The command that asks for a topic. */
export function subscribeCommand(topic: Topic, id?: string): Command {
  return { command: 'subscribe', ...topicOnly(topic), ...(id === undefined ? {} : { id }) };
}

/** The command that gives a topic up. */
export function unsubscribeCommand(topic: Topic, id?: string): Command {
  return { command: 'unsubscribe', ...topicOnly(topic), ...(id === undefined ? {} : { id }) };
}

function topicOnly({ channel, symbol, category, depth, interval }: Topic) {
  return {
    channel,
    symbol,
    category,
    ...(depth === undefined ? {} : { depth }),
    ...(interval === undefined ? {} : { interval }),
  };
}
