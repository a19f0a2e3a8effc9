/** Asks the one judgement of health with the facts of this moment, and remembers since when each check says what it says. */
import type { Millis, MonoMs, UnixMs } from '../../shared/time.ts';
import type { App } from '../app.ts';
import {
  type HealthFacts,
  type HealthReport,
  healthOf,
  type Readiness,
  readinessOf,
} from '../context/health.ts';
import type { SupervisorReport } from '../supervisor/report.ts';

export type HealthSources = {
  readonly app: App;
  readonly nowMs: () => UnixMs;
  readonly monoNow: () => MonoMs;
  readonly supervisor: () => SupervisorReport;
  readonly loopDelayMs: () => Millis;
  readonly disabledStrategies: () => HealthFacts['disabledStrategies'];
};

export class HealthWatch {
  readonly #sources: HealthSources;
  readonly #startedAt: MonoMs;
  #previous: HealthReport | undefined;

  constructor(sources: HealthSources) {
    this.#sources = sources;
    this.#startedAt = sources.monoNow();
  }

  report(): HealthReport {
    this.#previous = healthOf(this.#facts(), this.#previous, this.#sources.nowMs());
    return this.#previous;
  }

  readiness(): Readiness {
    return readinessOf(this.#facts());
  }

  get uptimeSeconds(): number {
    return Math.round((this.#sources.monoNow() - this.#startedAt) / 100) / 10;
  }

  #facts(): HealthFacts {
    const { app, supervisor, monoNow, loopDelayMs, disabledStrategies } = this.#sources;
    const now = monoNow();
    const child = supervisor();
    return {
      child: { ready: child.ready, state: child.state, reason: child.last_exit?.message ?? null },
      connections: app.context.connections(),
      topics: app.context.topics(now),
      books: app.context.books(now),
      endlessGaps: app.gaps.endless(),
      intake: app.intake.counts(),
      loopDelayMs: loopDelayMs(),
      clock: {
        kind: app.context.clock,
        offsetMs: app.child.clockOffsetMs,
        limitMs: app.config.policy.clock.offsetLimitMs,
      },
      disabledStrategies: disabledStrategies(),
    };
  }
}
