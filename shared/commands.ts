/**
 * The wishes the runner expresses to a connector, one JSON object a line on its stdin (DESIGN 7.2).
 *
 * `id` is optional; a command that has one gets exactly one `reply` event with the same id.
 */
import { z } from 'zod';
import { gapBoundSchema } from './events/process-events.ts';
import { categories, channels, depths, intervals, symbolSchema, type Topic } from './market.ts';

const commandId = z.union([z.string().min(1).max(200), z.number().int()]).optional();
const topicFields = {
  channel: z.enum(channels),
  symbol: symbolSchema,
  category: z.enum(categories).optional(),
  depth: z.literal(depths).optional(),
  interval: z.enum(intervals).optional(),
  id: commandId,
};

/** The last thing that was seen of a topic before an earlier child died: from there a new child heals. */
export const resumeSchema = z.object({
  last_id: z.string().min(1).max(64),
  timestamp: gapBoundSchema.shape.timestamp,
  seq: gapBoundSchema.shape.seq,
});

export const commandSchema = z.discriminatedUnion('command', [
  z.object({ command: z.literal('subscribe'), ...topicFields, resume: resumeSchema.optional() }),
  z.object({ command: z.literal('unsubscribe'), ...topicFields }),
  z.object({ command: z.literal('ping'), id: commandId }),
  z.object({ command: z.literal('stats'), id: commandId }),
  z.object({ command: z.literal('shutdown'), id: commandId }),
]);

export type Command = Readonly<z.infer<typeof commandSchema>>;
export type CommandName = Command['command'];
export const commandNames: readonly CommandName[] = ['subscribe', 'unsubscribe', 'ping', 'stats', 'shutdown'];

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
