/** The user's strategies, each by its name: there are as many as were configured. */
import type { StrategyView } from '../../api/views.ts';
import { gateCodes } from '../../strategy/gate.ts';
import type { StrategyState } from '../../strategy/ports.ts';
import { counter, gauge, type Metric, oneOf, samples, single } from './metric.ts';

const states: Readonly<Record<StrategyState, true>> = {
  starting: true,
  running: true,
  restarting: true,
  disabled: true,
};
const own = ['strategy'];

function each(pick: (strategy: StrategyView) => number): Metric['read'] {
  return ({ strategies }) =>
    strategies.map((strategy) => ({ labels: { strategy: strategy.name }, value: pick(strategy) }));
}

export const strategyMetrics: readonly Metric[] = [
  gauge('gate_open', '1 while everything that is wanted may be acted upon', [], ({ gate }) =>
    single(Number(gate.open)),
  ),
  gauge('gate_reasons', 'Why it is not, by code', ['code'], ({ gate }) => {
    const counts = new Map<string, number>(gateCodes.map((code) => [code, 0]));
    for (const { code } of gate.reasons) counts.set(code, (counts.get(code) ?? 0) + 1);
    return samples('code', counts);
  }),
  gauge('strategy_state', '1 for the present state', [...own, 'state'], ({ strategies }) =>
    strategies.flatMap(({ name, state }) => oneOf('state', Object.keys(states), state, { strategy: name })),
  ),
  gauge(
    'strategy_lag_seconds',
    'How long the oldest event that is not worked off has waited',
    own,
    each((one) => one.lag_ms / 1000),
  ),
  gauge(
    'strategy_waiting_events',
    'Events that wait for the strategy',
    own,
    each(({ waiting }) => waiting),
  ),
  counter(
    'strategy_events_total',
    'Events worked off',
    own,
    each(({ events }) => events),
  ),
  counter(
    'strategy_dropped_events_total',
    'Events it never got: too many waited',
    own,
    each(({ dropped }) => dropped),
  ),
  counter(
    'strategy_signals_total',
    'Signals',
    own,
    each(({ signals }) => signals),
  ),
  counter(
    'strategy_withheld_signals_total',
    'Signals that did not leave because the gate was shut',
    own,
    each((one) => one.withheld_signals),
  ),
  gauge(
    'strategy_gate_open',
    '1 while signals of the strategy may leave',
    own,
    each(({ gate }) => Number(gate.open)),
  ),
  counter(
    'strategy_errors_total',
    'Handlers that threw, bad signals, ended threads',
    own,
    each(({ errors }) => errors),
  ),
  counter(
    'strategy_restarts_total',
    'Restarts of the thread',
    own,
    each(({ restarts }) => restarts),
  ),
];
