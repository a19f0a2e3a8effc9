/** What the API may know of the strategies; the engine answers, or nobody when none is configured. */
import { type MonoMs, type UnixMs, unixMs } from '../../shared/time.ts';
import type { AnalysisView, SignalView, StrategiesView, StrategyView } from '../api/views.ts';
import type { GateState } from '../strategy/gate.ts';
import type { StrategyStatus } from '../strategy/ports.ts';

export type StrategiesReport = {
  readonly view: () => StrategiesView;
  /** Newest first. */
  readonly signals: () => Iterable<SignalView>;
  /** Tells each strategy a timer of this time of the exchange, and waits for what it concludes. */
  readonly analyze: (exchangeNow: UnixMs) => Promise<AnalysisView>;
};

/** The status with the last error by the wall clock. `now` and `nowMs` are the same moment. */
export function strategyView(
  status: StrategyStatus,
  gate: GateState,
  now: MonoMs,
  nowMs: UnixMs,
): StrategyView {
  const { last_error_at: at, ...rest } = status;
  return { ...rest, gate, last_error_at: at === null ? null : unixMs(Math.round(nowMs - (now - at))) };
}
