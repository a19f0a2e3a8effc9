/** What the gates of the strategies are judged by: the same phases, ledger and checks that everything else shows. */
import type { UnixMs } from '../shared/time.ts';
import type { App } from './app.ts';
import type { HealthReport } from './context/health.ts';
import type { TopicView } from './context/topic-feed.ts';
import type { GateSources } from './strategy/gate-desk.ts';

/** `health`: the last judgement; undefined before the first. */
export function gateSources(
  app: App,
  nowMs: () => UnixMs,
  childReady: () => boolean,
  health: () => HealthReport | undefined,
): GateSources {
  let topics: readonly TopicView[] = [];
  let readAt = -1;
  return {
    nowMs,
    changes: () => app.context.phaseChanges,
    facts: (now) => {
      // Looked at ten times a second, over thousands of topics: read anew only when the phase of one has changed.
      const changes = app.context.phaseChanges;
      if (changes !== readAt) topics = app.context.topics(now);
      readAt = changes;
      return {
        childReady: childReady(),
        topics,
        endlessGaps: app.gaps.endless(),
        clock: health()?.checks.find(({ name }) => name === 'clock')?.reason ?? null,
        ledger: app.ledger.fault(),
      };
    },
    isReplay: () => app.context.clock === 'replay',
    openAfterMs: app.config.policy.gate.openAfterMs,
  };
}
