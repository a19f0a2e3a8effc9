/** From a subscribe or unsubscribe command to the topic that is meant, with what this version can stream. */
import type { Command } from '../shared/commands.ts';
import { fail, ok, type Result } from '../shared/errors.ts';
import type { Category, Topic } from '../shared/market.ts';

/** Fills in the defaults (category of the process, depth 50) and refuses what cannot be streamed yet. */
export function decodeStreamTopic(
  command: Extract<Command, { command: 'subscribe' | 'unsubscribe' }>,
  defaultCategory: Category,
): Result<Topic> {
  const { channel, symbol } = command;
  const category = command.category ?? defaultCategory;
  if (command.depth !== undefined && channel !== 'depth')
    return fail('bad_command', `depth: only with channel depth, not with ${channel}`);
  if (command.interval !== undefined && channel !== 'kline')
    return fail('bad_command', `interval: only with channel kline, not with ${channel}`);
  switch (channel) {
    case 'trades':
      return ok({ channel, category, symbol });
    case 'depth':
      return ok({ channel, category, symbol, depth: command.depth ?? 50 });
    case 'kline':
    case 'ticker':
    case 'liquidation':
      return fail(
        'bad_command',
        `channel: ${channel} is not built yet; this version streams trades and depth`,
      );
  }
}
