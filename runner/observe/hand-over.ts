/**
 * The last hop: from giving a batch of events to a strategy's thread until the thread has answered it.
 *
 * Measured once a batch (256 events, or the end of a turn of the event loop), where the batch passes anyway. The answer comes
 * after the handlers have run, so a slow handler shows here. What waits before it is handed over shows as the strategy's lag.
 */
import type { MonoMs } from '../../shared/time.ts';
import type { StrategyPorts } from '../strategy/ports.ts';
import { LatencyHistogram } from './latency-histogram.ts';

type Spawn = StrategyPorts['spawn'];

export class HandOver {
  readonly histogram = new LatencyHistogram();

  /** The same `spawn`, with every batch measured. `engineNow`: the engine's last reading of the clock. */
  measured(spawn: Spawn, engineNow: () => MonoMs): Spawn {
    return (task, listener) => {
      // A host has one batch under way at a time. The next may be given while an answer is handled: then that is the later clock.
      let givenAt: MonoMs | undefined;
      let answeredAt: MonoMs | undefined;
      const worker = spawn(task, {
        ...listener,
        onMessage: (message, now, nowMs) => {
          if (givenAt !== undefined && isAnswer(message)) {
            this.histogram.record((now - givenAt) * 1_000);
            givenAt = undefined;
            answeredAt = now;
          }
          listener.onMessage(message, now, nowMs);
        },
      });
      return {
        terminate: () => worker.terminate(),
        post: (batch) => {
          const now = engineNow();
          givenAt = answeredAt !== undefined && answeredAt > now ? answeredAt : now;
          worker.post(batch);
        },
      };
    };
  }
}

/** The host checks the whole message; here one word is enough. */
function isAnswer(message: unknown): boolean {
  return typeof message === 'object' && message !== null && 'kind' in message && message.kind === 'answer';
}
