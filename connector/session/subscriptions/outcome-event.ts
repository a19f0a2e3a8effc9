/** How the exchange's answer to a wish is told: as a status of the topic, or as an error that names the reason. */
import type { ErrorEvent, StatusEvent } from '../../../shared/events/process-events.ts';
import type { UnixMs } from '../../../shared/time.ts';
import { bybitTopic } from '../../bybit/topics.ts';
import type { Outcome } from './subscriptions.ts';

export function outcomeEvent(
  outcome: Exclude<Outcome, { kind: 'unanswered' }>,
  at: UnixMs,
): StatusEvent | ErrorEvent {
  const { kind, topic } = outcome;
  if (kind !== 'refused') return { type: 'status', status: kind, scope: 'topic', ...topic, at };
  return {
    type: 'error',
    error: `subscribe refused: ${outcome.message} (topic ${bybitTopic(topic)})`,
    code: 'topic_refused',
    retryable: false,
    at,
    ...topic,
  };
}
