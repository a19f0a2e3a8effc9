/** What a replay answers to commands: subscribing chooses what is told, everything else is as with the live stream. */
import type { Failure } from '../shared/errors.ts';
import type { UnnumberedEvent } from '../shared/events/event.ts';
import type { Category } from '../shared/market.ts';
import { decodeCommand } from '../shared/wire.ts';
import type { Replay } from './replay.ts';
import { decodeStreamTopic } from './stream-commands.ts';

export type ReplayWish = 'topics' | 'shutdown' | 'nothing';

/** Obeys one value from stdin; answers what it meant for the replay as a whole. */
export function obeyReplayCommand(
  value: unknown,
  replay: Replay,
  category: Category,
  emit: (event: UnnumberedEvent) => void,
): ReplayWish {
  const decoded = decodeCommand(value);
  if (!decoded.ok) {
    refuse(undefined, decoded.failure, emit);
    return 'nothing';
  }
  const command = decoded.value;
  const id = command.id === undefined ? undefined : String(command.id);
  if (command.command === 'subscribe' || command.command === 'unsubscribe') {
    const topic = decodeStreamTopic(command, category);
    if (!topic.ok) {
      refuse(id, topic.failure, emit);
      return 'nothing';
    }
    const wants = command.command === 'subscribe';
    if (wants) replay.want(topic.value);
    else replay.unwant(topic.value);
    emit({ type: 'status', status: wants ? 'subscribed' : 'unsubscribed', scope: 'topic', ...topic.value });
    if (id !== undefined) emit({ type: 'reply', id, ok: true });
    return 'topics';
  }
  if (id !== undefined) {
    const data = command.command === 'stats' ? { data: { ...replay.counts } } : {};
    emit({ type: 'reply', id, ok: true, ...data });
  }
  return command.command === 'shutdown' ? 'shutdown' : 'nothing';
}

function refuse(id: string | undefined, failure: Failure, emit: (event: UnnumberedEvent) => void): void {
  const { code, message } = failure;
  if (id === undefined) emit({ type: 'error', error: `command: ${message}`, code, retryable: false });
  else emit({ type: 'reply', id, ok: false, error: message, code });
}
