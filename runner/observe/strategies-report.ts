/** What the API may know of the strategies; the engine answers, or nobody when none is configured. */
import type { SignalView, StrategiesView } from '../api/views.ts';

export type StrategiesReport = {
  readonly view: () => StrategiesView;
  /** Newest first. */
  readonly signals: () => Iterable<SignalView>;
};
