/** What the API may know of the strategies; the engine answers, or nobody when none is configured. */
import { type MonoMs, type UnixMs, unixMs } from '../../shared/time.ts';
import type { SignalView, StrategiesView, StrategyView } from '../api/views.ts';
import type { StrategyStatus } from '../strategy/ports.ts';

export type StrategiesReport = {
  readonly view: () => StrategiesView;
  /** Newest first. */
  readonly signals: () => Iterable<SignalView>;
};

/** One strategy as the API shows it. `now` and `nowMs` are the same moment: they tell the time of the last error. */
export function strategyView(status: StrategyStatus, now: MonoMs, nowMs: UnixMs): StrategyView {
  const { name, state, last_error, last_error_at, events, signals, restarts, dropped, lag_ms } = status;
  return {
    name,
    state,
    reason: state === 'running' ? null : last_error,
    events,
    signals,
    restarts,
    errors: {
      count: status.errors,
      last: last_error,
      lastAt: last_error_at === null ? null : unixMs(Math.round(nowMs - (now - last_error_at))),
    },
    dropped,
    lagMs: Math.round(lag_ms),
  };
}
