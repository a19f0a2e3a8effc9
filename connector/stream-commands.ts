/** From a subscribe or unsubscribe command to the topic that is meant. */
import { type TopicCommand, topicOfCommand } from '../shared/commands.ts';
import { fail, type Result } from '../shared/errors.ts';
import type { Category, Topic } from '../shared/market.ts';
import { missingChannel } from '../shared/settings/topics.ts';

/** Refuses what is contradictory and what the market does not have. */
export function decodeStreamTopic(command: TopicCommand, defaultCategory: Category): Result<Topic> {
  const topic = topicOfCommand(command, defaultCategory);
  if (!topic.ok) return topic;
  const missing = missingChannel(topic.value);
  return missing === undefined ? topic : fail('bad_command', `channel: ${missing}; use linear or inverse`);
}
