/** What the gates of the strategies are judged by: the same phases, ledger and checks that everything else shows. */
import { utcDateOf } from '../shared/day-totals.ts';
import type { Clock, UnixMs } from '../shared/time.ts';
import type { App } from './app.ts';
import type { FindingSources } from './backfill/history-findings.ts';
import type { HealthReport } from './context/health.ts';
import type { TopicView } from './context/topic-feed.ts';
import type { HistoryFinding } from './strategy/gate.ts';
import type { GateSources } from './strategy/gate-desk.ts';

const HISTORY_LOOK_MS = 250;

/** `health`: the last judgement; undefined before the first. `history`: what of today is not known as it must be. */
export function gateSources(
  app: App,
  nowMs: () => UnixMs,
  childReady: () => boolean,
  health: () => HealthReport | undefined,
  history: () => readonly HistoryFinding[],
): GateSources {
  let topics: readonly TopicView[] = [];
  let holes: readonly HistoryFinding[] = [];
  let readAt = -1;
  let gapsAt = -1;
  let lookedAt = Number.NEGATIVE_INFINITY;
  return {
    nowMs,
    changes: () => app.context.phaseChanges,
    facts: (now) => {
      // Looked at ten times a second, over thousands of topics: read anew only when the phase of one has changed, or its reason.
      const changes = app.context.phaseChanges;
      if (changes !== readAt) topics = app.context.topics(now);
      // A hole comes with a gap, which is no change of a phase when it is told with both ends; time alone only fills it.
      const { gapsTold } = app.context;
      if (changes !== readAt || gapsTold !== gapsAt || now - lookedAt >= HISTORY_LOOK_MS) {
        holes = app.context.clock === 'replay' ? [] : history();
        lookedAt = now;
      }
      readAt = changes;
      gapsAt = gapsTold;
      return {
        childReady: childReady(),
        topics,
        endlessGaps: app.gaps.endless(),
        history: holes,
        clock: health()?.checks.find(({ name }) => name === 'clock')?.reason ?? null,
        ledger: app.ledger.fault(),
      };
    },
    isReplay: () => app.context.clock === 'replay',
    openAfterMs: app.config.policy.gate.openAfterMs,
  };
}

/** What is known of today's trades. */
export function todaysTrades(app: App, clock: Clock): Pick<FindingSources, 'instruments' | 'known'> {
  return {
    instruments: () =>
      app.instruments().filter((one) => app.context.instrument(one)?.tradesFeed !== undefined),
    known: (instrument) => {
      const moment = app.context.moment(clock.monoMs(), clock.unixMs());
      return app.context.numbers.days(instrument, moment)?.known(utcDateOf(moment.exchange));
    },
  };
}
