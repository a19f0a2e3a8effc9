/** From a subscribe or unsubscribe command to the topic that is meant, and to where it goes on. */
import { type Command, type TopicCommand, topicOfCommand } from '../shared/commands.ts';
import { fail, type Result } from '../shared/errors.ts';
import type { Category, Topic } from '../shared/market.ts';
import { missingChannel } from '../shared/settings/topics.ts';
import { type Clock, monoMs } from '../shared/time.ts';
import type { Resume } from './session/trades/trade-line-types.ts';

/** What a subscribe command says of where an earlier connector, or an earlier subscription, had ended. */
export type GoesOn = Pick<Extract<Command, { command: 'subscribe' }>, 'channel' | 'resume' | 'owed'>;

/** Refuses what is contradictory and what the market does not have. */
export function decodeStreamTopic(command: TopicCommand, defaultCategory: Category): Result<Topic> {
  const topic = topicOfCommand(command, defaultCategory);
  if (!topic.ok) return topic;
  const missing = missingChannel(topic.value);
  return missing === undefined ? topic : fail('bad_command', `channel: ${missing}; use linear or inverse`);
}

/** Where the topic goes on: behind the last place that was seen, or since when it is owed. By our clocks of this moment. */
export function resumeOf(
  { channel, resume, owed }: GoesOn,
  clock: Pick<Clock, 'unixMs' | 'monoMs'>,
): Resume | undefined {
  if (resume !== undefined) {
    const { last_id: id, ...rest } = resume;
    return { id, ...rest };
  }
  if (owed === undefined || channel !== 'trades') return undefined;
  const ago = clock.unixMs() - owed.since;
  // A clock that was set back does not know how long ago it was.
  return { owedSince: ago < 0 ? undefined : monoMs(clock.monoMs() - ago), gap_id: owed.gap_id };
}
