/**
 * What only the app knows and only the metrics show: meters, the last heartbeat, gaps at this moment.
 *
 * It travels with the judgement of health, which whoever reads the metrics asks for anyway and which is made at the same
 * moment. /health shows nothing of it.
 */
import type { GapEvent, StatusEvent } from '../../shared/events/process-events.ts';
import type { App } from '../app.ts';
import type { HealthReport } from '../context/health.ts';
import type { GapCounts } from '../intake/gaps.ts';
import type { Meters } from './meters.ts';
import type { SocketTotals } from './socket-totals.ts';

export class Observed {
  readonly #app: Pick<App, 'meters' | 'child' | 'gaps' | 'intake'>;

  constructor(app: Pick<App, 'meters' | 'child' | 'gaps' | 'intake'>) {
    this.#app = app;
  }

  get meters(): Meters {
    return this.#app.meters;
  }

  /** Of the present child; undefined before its first. */
  get heartbeat(): StatusEvent | undefined {
    return this.#app.child.lastHeartbeat;
  }

  /** Of the present child's sockets, those included that are closed. */
  get socketTotals(): SocketTotals {
    return this.#app.child.sockets;
  }

  get gapCounts(): GapCounts {
    return this.#app.gaps.counts();
  }

  endlessGaps(): readonly GapEvent[] {
    return this.#app.gaps.endless();
  }

  /** Events that could be read, by type: also those that were refused afterwards, as duplicates are. */
  get events(): Readonly<Record<string, number>> {
    return this.#app.intake.counts().events;
  }
}

export type ObservedHealth = HealthReport & { readonly observed: Observed };

/** What came with a judgement; undefined when it was not made by a HealthWatch (made-up ports). */
export function observedIn(report: HealthReport): Observed | undefined {
  return 'observed' in report && report.observed instanceof Observed ? report.observed : undefined;
}
