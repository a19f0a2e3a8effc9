/** A runner world in which every metric has a value: data, a whole heartbeat, a gap, an error, a strategy. */
import type { StrategyView } from '../../../runner/api/views.ts';
import { HandOver } from '../../../runner/observe/hand-over.ts';
import type { Topic } from '../../../shared/market.ts';
import { depthTopic, noStrategies, RunnerWorld, tradesTopic } from '../../helpers/runner-world.ts';

export const slowStrategy: StrategyView = {
  ...{
    name: 'slow',
    file: '/srv/slow.ts',
    state: 'running',
    events: 250,
    signals: 1,
    restarts: 3,
    errors: 2,
  },
  ...{
    last_error: null,
    last_error_at: null,
    withheld_signals: 0,
    gate: { open: true, reasons: [] },
    surplus_signals: 0,
    waiting: 30,
    dropped: 12,
    lag_ms: 339,
  },
};

const linearSocket = { category: 'linear', url: 'ws://127.0.0.1:1/linear', state: 'open' };

/** `others` are wanted besides the trades and the book of bitcoin. */
export function busyWorld(...others: readonly Topic[]): RunnerWorld {
  const world = new RunnerWorld({
    topics: [tradesTopic, depthTopic, ...others],
    strategies: {
      ...noStrategies,
      view: () => ({ gate: { open: true, reasons: [] }, strategies: [slowStrategy] }),
    },
  });
  world.app.meters.handOver = new HandOver();
  world.connect().acknowledge(tradesTopic, depthTopic);
  const now = world.clock.unixMs();
  const stamps = { timestamp: now - 120, sent_at: now - 90, received_at: (now - 2) * 1_000 };
  world.say(world.trade('a', 0, stamps), world.trade('a'), { ...world.depth('snapshot', 1), ...stamps });
  world.say(
    {
      ...{ type: 'gap', gap_id: 'g', state: 'open', ...tradesTopic, cause: 'socket_lost' },
      ...{ from: { id: 'a', timestamp: now - 120 }, to: null, at: now },
    },
    { type: 'error', error: 'a frame cannot be read', code: 'bad_frame' },
    { type: 'error', error: 'mine', code: 'a_code_of_my_own' },
    {
      ...{ type: 'status', status: 'heartbeat', rss_bytes: 7e7, heap_bytes: 3e7, cpu_percent: 3.5 },
      ...{ queue_lines: 3, queue_bytes: 900, dropped_depth: 5, dropped_trades: 6 },
      ...{ silence_asked: 9, silence_confirmed: 2, silence_withheld: 7 },
      ...{ trades_audited: 11, trades_left_out: 4 },
      ...{ clock_offset_ms: -12.5, clock_error_ms: 4 },
      sockets: [
        {
          ...{ ...linearSocket, socket: 0, reconnects: 1, frames: 100, bad_frames: 2, topics: 2 },
          ...{ first_trades: 60, only_trades: 1 },
        },
        {
          ...{ ...linearSocket, socket: 1, reconnects: 2, frames: 90, bad_frames: 0, topics: 2 },
          ...{ first_trades: 40, only_trades: 3 },
        },
      ],
    },
  );
  world.report = { ...world.report, deaths: { exit_1: 2 } };
  world.clock.advance(90_000);
  return world;
}
