/**
 * Asks the one judgement of health with the facts of this moment, and remembers since when each check says what it says.
 *
 * It looks by itself, once a second and whenever the app says that something has happened: a fault that came and went while
 * nobody asked has moved `since` all the same.
 */
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
import { Observed, type ObservedHealth } from './observed.ts';

export type HealthSources = {
  readonly app: App;
  readonly nowMs: () => UnixMs;
  readonly monoNow: () => MonoMs;
  readonly supervisor: () => SupervisorReport;
  readonly loopDelayMs: () => Millis;
  readonly disabledStrategies: () => HealthFacts['disabledStrategies'];
  /** Absent where nobody looks at the disk. */
  readonly diskFault?: () => string | null;
  /** Why history is not told; absent where nobody fetches any. */
  readonly historyFault?: () => string | null | undefined;
  /** Hears of every judgement. */
  readonly onReport?: (report: HealthReport) => void;
  readonly symbols?: () => HealthFacts['symbols'];
};

/** Judging a thousand symbols takes some 7 ms, so a child that tells thousands of changes must not cost thousands of looks. */
const MAX_LOOKS_PER_SECOND = 20;

export class HealthWatch {
  readonly #sources: HealthSources;
  readonly #startedAt: MonoMs;
  readonly #observed: Observed;
  #previous: HealthReport | undefined;
  #second: MonoMs;
  #looks = 0;

  /** From now on every check has a `since`. */
  constructor(sources: HealthSources) {
    this.#sources = sources;
    this.#observed = new Observed(sources.app);
    this.#startedAt = sources.monoNow();
    this.#second = this.#startedAt;
    this.report();
    sources.app.watchers.onHealthChange(() => this.#look());
  }

  report(): ObservedHealth {
    const report = healthOf(this.#facts(), this.#previous, this.#sources.nowMs());
    this.#previous = report;
    this.#sources.onReport?.(report);
    return { ...report, observed: this.#observed };
  }

  /** The newest judgement; undefined before the first. */
  get last(): HealthReport | undefined {
    return this.#previous;
  }

  /** To be called a few times a second; looks once a second. */
  tick(): void {
    const now = this.#sources.monoNow();
    if (now - this.#second < 1_000) return;
    this.#second = now;
    this.#looks = 0;
    this.report();
  }

  #look(): void {
    this.#looks += 1;
    if (this.#looks <= MAX_LOOKS_PER_SECOND) this.report();
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
    const symbols = this.#sources.symbols?.();
    const history = this.#sources.historyFault?.();
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
        distance: clockDistance(app),
        limits: app.config.policy.clock,
      },
      ledger: app.ledger.fault(),
      disk: this.#sources.diskFault?.() ?? null,
      disabledStrategies: disabledStrategies(),
      ...(symbols === undefined ? {} : { symbols }),
      ...(history === undefined ? {} : { history }),
    };
  }
}

/** Of the present child's last heartbeat; null while it has measured none, and after our clock was set. */
function clockDistance({ child }: App): HealthFacts['clock']['distance'] {
  const offsetMs = child.clockOffsetMs;
  return offsetMs === null ? null : { offsetMs, errorMs: child.lastHeartbeat?.clock_error_ms ?? null };
}
