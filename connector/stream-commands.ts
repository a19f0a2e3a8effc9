/** From a subscribe or unsubscribe command to the topic that is meant, if this version can stream it. */
import { type TopicCommand, topicOfCommand } from '../shared/commands.ts';
import { fail, type Result } from '../shared/errors.ts';
import type { Category, Topic } from '../shared/market.ts';

/** Refuses what is contradictory and what cannot be streamed yet. */
export function decodeStreamTopic(command: TopicCommand, defaultCategory: Category): Result<Topic> {
  const topic = topicOfCommand(command, defaultCategory);
  switch (command.channel) {
    case 'trades':
    case 'depth':
      return topic;
    case 'kline':
    case 'ticker':
    case 'liquidation':
      if (!topic.ok) return topic;
      return fail(
        'bad_command',
        `channel: ${command.channel} is not built yet; this version streams trades and depth`,
      );
  }
}
