/** The verb `stream` heals: what its sockets miss, and what an earlier connector had not seen, comes by REST, in its order. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import type { MarketRest } from '../../connector/rest/market-rest.ts';
import { type SocketEvents, Stream } from '../../connector/stream.ts';
import { fail, ok, type Result } from '../../shared/errors.ts';
import type { KlineEvent, TradeEvent } from '../../shared/events/market-events.ts';
import { type Category, categories } from '../../shared/market.ts';
import { scaledPolicy } from '../../shared/policy.ts';
import { klineFrame, tradeFrame } from '../helpers/bybit-frames.ts';
import { quietProcess } from '../helpers/stream-ports.ts';
import { VirtualClock } from '../helpers/virtual-clock.ts';

type Line = Readonly<Record<string, unknown>> & { readonly type: string };
type Request = { readonly req_id: string; readonly op: string; readonly args: readonly string[] };
const at = 1_750_000_000_000;

function trade(id: string): TradeEvent {
  return {
    type: 'trade',
    category: 'linear',
    symbol: 'BTCUSDT',
    timestamp: at + Number(id.slice(1)),
    received_at: at * 1_000,
    price: 50_000.1,
    qty: 0.01,
    side: 'buy',
    is_buyer_maker: false,
    id,
    seq: Number(id.slice(1)),
    origin: 'healed',
  };
}

class World {
  readonly clock = new VirtualClock();
  readonly lines: Line[] = [];
  readonly stream: Stream;
  /** What the exchange lists; undefined: it does not answer. */
  list: readonly string[] | undefined = [];
  candles: readonly KlineEvent[] = [];
  reads = 0;
  #events: SocketEvents | undefined;
  #requests: Request[] = [];

  constructor() {
    const rest: Partial<MarketRest> = {
      clock: async () => fail('request_failed', 'no'),
      recentTrades: async () => {
        this.reads += 1;
        return this.list === undefined
          ? fail('ip_banned', 'shut out')
          : ok({ rows: this.list.map(trade), bad: 0, firstBad: undefined });
      },
      klines: async (): Promise<Result<{ rows: readonly KlineEvent[]; bad: number; firstBad: undefined }>> =>
        ok({ rows: this.candles, bad: 0, firstBad: undefined }),
    };
    const urls = Object.fromEntries(categories.map((name) => [name, `ws://test/${name}`]));
    this.stream = new Stream(
      {
        environment: 'simulated',
        defaultCategory: 'linear',
        urls: urls as Record<Category, string>,
        policy: scaledPolicy(1),
        pid: 1,
        nonce: 'x',
      },
      {
        clock: this.clock,
        random: () => 0.5,
        socket: (_category, events) => {
          this.#events = events;
          return {
            open: () => undefined,
            send: (text) => this.#requests.push(JSON.parse(text) as Request),
            close: () => undefined,
          };
        },
        ...quietProcess(),
        rest: rest as MarketRest,
        writeLine: (line) => this.lines.push(JSON.parse(line) as Line),
      },
    );
    this.stream.start();
  }

  subscribe(more: object = {}): this {
    this.stream.command({ command: 'subscribe', channel: 'trades', symbol: 'BTCUSDT', ...more });
    return this;
  }

  async open(): Promise<this> {
    this.#events?.onOpen();
    await this.pass(100);
    for (const { req_id, op } of this.#requests.splice(0))
      this.#events?.onFrame(JSON.stringify({ success: true, ret_msg: '', req_id, op }));
    await turn();
    return this;
  }

  async lose(): Promise<this> {
    this.#events?.onLost('socket_lost', 'reset');
    await this.pass(1_000);
    return this;
  }

  async trades(...ids: readonly string[]): Promise<this> {
    for (const id of ids)
      this.#events?.onFrame(tradeFrame([id], { at: at + Number(id.slice(1)), seq: Number(id.slice(1)) }));
    await turn();
    return this;
  }

  frame(text: string): void {
    this.#events?.onFrame(text);
  }

  async pass(ms: number): Promise<this> {
    for (let passed = 0; passed < ms; passed += 100) {
      this.clock.advance(100);
      this.stream.tick();
      await turn();
    }
    return this;
  }

  /** Trades (`t5`, healed ones `t5h`), candles and gaps since the last call. */
  take(): readonly string[] {
    return this.lines.splice(0).flatMap((line) => {
      if (line.type === 'trade') return [`${String(line['id'])}${line['origin'] === 'healed' ? 'h' : ''}`];
      if (line.type === 'kline') return [`k${String(line['start'])}${line['closed'] === true ? '!' : ''}`];
      if (line.type !== 'gap') return [];
      const { gap_id: id, state, from, to } = line as Line & { from: Line | null; to: Line | null };
      return [`${String(id)} ${String(state)} ${String(from?.['id'] ?? '')}..${String(to?.['id'] ?? '')}`];
    });
  }
}

test('after a lost socket what was missed is told before what follows, once, and the gap is healed', async () => {
  const world = await new World().subscribe().open();
  await world.trades('t1', 't2');
  await world.lose();
  world.list = ['t1', 't2', 't3', 't4', 't5'];
  await world.open();
  await world.trades('t5', 't6');
  await world.pass(1_000);
  const gap = 'x-linear-t1';
  assert.deepEqual(world.take(), [
    't1',
    't2',
    `${gap} open t2..`,
    't3h',
    't4h',
    't5h',
    `${gap} healed t2..`,
    't6',
  ]);
});

test('live trades wait for it two seconds at most; what comes later follows them', async () => {
  const world = await new World().subscribe().open();
  await world.trades('t1');
  await world.lose();
  world.list = undefined;
  await world.open();
  await world.trades('t4');
  await world.pass(300);
  assert.deepEqual(world.take(), ['t1', 'x-linear-t1 open t1..', 'x-linear-t1 open t1..t4', 't4']);
  world.list = ['t1', 't2', 't3', 't4'];
  await world.pass(5_000);
  assert.deepEqual(world.take(), ['t2h', 't3h', 'x-linear-t1 healed t1..t4']);
});

test('a new connector goes on where the runner says, and tells the gap by the name that the runner gave it', async () => {
  const world = new World();
  world.list = ['t7', 't8', 't9', 't10'];
  world.subscribe({ resume: { last_id: 't7', timestamp: at + 7, seq: 7, gap_id: 'r-1-1' } });
  await world.open();
  await world.trades('t10', 't11');
  await world.pass(1_000);
  assert.deepEqual(world.take(), ['t8h', 't9h', 't10h', 'r-1-1 healed t7..', 't11']);
});

test('a new connector brings what an earlier one was owed and never saw', async () => {
  const world = new World();
  const since = world.clock.unixMs() - 20_000;
  world.subscribe({ owed: { since, gap_id: 'r-1-1' } });
  await world.open();
  await world.trades('t60000');
  assert.deepEqual(world.take(), ['r-1-1 open ..t60000', 't60000']);
  // Two seconds and more before the acknowledgement it was over.
  world.list = ['t30000', 't45000', 't60000'];
  await world.pass(1_000);
  assert.deepEqual(world.take(), [
    ...['r-1-1 open t30000..t60000', 't45000h', 'r-1-1 healed t30000..t60000'],
  ]);
});

test('what is owed by a clock that was set back has no beginning; of other channels it means nothing', async () => {
  const world = new World();
  world.subscribe({ owed: { since: world.clock.unixMs() + 60_000, gap_id: 'r-1-1' } });
  world.subscribe({ channel: 'kline', interval: '1', owed: { since: at, gap_id: 'r-1-2' } });
  await world.open();
  world.list = ['t30000', 't45000', 't60000'];
  await world.trades('t60000');
  await world.pass(1_000);
  assert.deepEqual(world.take(), ['r-1-1 open ..t60000', 't60000']);
});

test('what the list does not reach stays a gap with exact ends', async () => {
  const world = new World();
  world.list = ['t20', 't21'];
  world.subscribe({ resume: { last_id: 't7', timestamp: at + 7, seq: 7, gap_id: 'r-1-1' } });
  await world.open();
  await world.trades('t21', 't22');
  await world.pass(1_000);
  const told = world.take();
  assert.equal(told[0], 'r-1-1 open t7..t20');
  assert.deepEqual(
    told.filter((one) => one.startsWith('t')),
    ['t20h', 't21h', 't22'],
  );
});

test('a topic that is given up while it heals: what waits is told, and nothing after that', async () => {
  const world = await new World().subscribe().open();
  await world.trades('t1');
  await world.lose();
  world.list = undefined;
  await world.open();
  world.list = ['t1', 't2', 't3'];
  world.stream.command({ command: 'unsubscribe', channel: 'trades', symbol: 'BTCUSDT' });
  await world.pass(11_000);
  assert.deepEqual(world.take(), ['t1', 'x-linear-t1 open t1..', 'x-linear-t1 lost t1..']);
  const { reads } = world;
  await world.pass(70_000);
  assert.equal(world.reads, reads, 'nobody asks any more');
});

test('a connector that stops while it heals leaves the gap open: the next one may heal it', async () => {
  const world = await new World().subscribe().open();
  await world.trades('t1');
  await world.lose();
  world.list = undefined;
  await world.open();
  world.stream.stop('told to');
  assert.deepEqual(world.take(), ['t1', 'x-linear-t1 open t1..']);
});

test('the close of a candle that nobody told is read again, once', async () => {
  const minute = 60_000;
  const start = at - (at % minute);
  const world = new World();
  world.stream.command({ command: 'subscribe', channel: 'kline', interval: '1', symbol: 'BTCUSDT' });
  await world.open();
  world.frame(klineFrame([{ start, confirm: false }]));
  await world.lose();
  const candle = { type: 'kline', category: 'linear', symbol: 'BTCUSDT', interval: '1', closed: true };
  await world.open();
  const figures = { timestamp: at, open: 1, high: 1, low: 1, close: 1, volume: 1, turnover: 1 };
  world.frame(klineFrame([{ start: start + minute, confirm: false }]));
  await turn();
  world.candles = [{ ...candle, ...figures, start, end: start + minute - 1 } as KlineEvent];
  await world.pass(3_000);
  const told = world.take();
  assert.equal(told.filter((one) => one === `k${start}!`).length, 1, told.join('\n'));
  assert.match(told.at(-1) ?? '', /healed/);
});

test('a candle that closed while there was no connector is read again, and the gap of the runner is healed by its name', async () => {
  const minute = 60_000;
  const start = at - (at % minute);
  const world = new World();
  const resume = { last_id: String(start), timestamp: start, gap_id: 'r-1-7' };
  world.stream.command({ command: 'subscribe', channel: 'kline', interval: '1', symbol: 'BTCUSDT', resume });
  await world.open();
  const figures = { timestamp: at, open: 1, high: 1, low: 1, close: 1, volume: 1, turnover: 1 };
  const closed = {
    type: 'kline',
    category: 'linear',
    symbol: 'BTCUSDT',
    interval: '1',
    closed: true,
  } as const;
  const missed = start + minute;
  world.candles = [{ ...closed, ...figures, start: missed, end: missed + minute - 1 }];
  world.frame(klineFrame([{ start, confirm: true }]));
  world.frame(klineFrame([{ start: start + 2 * minute, confirm: false }]));
  await world.pass(1_000);
  assert.deepEqual(world.take(), [`k${start + 2 * minute}`, `k${missed}!`, `r-1-7 healed ${start}..`]);
});

test('a place in the future does not shut the candles out', async () => {
  const minute = 60_000;
  const start = at - (at % minute);
  const world = new World();
  const resume = { last_id: String(start + 100 * minute), timestamp: at, gap_id: 'r-1-7' };
  world.stream.command({ command: 'subscribe', channel: 'kline', interval: '1', symbol: 'BTCUSDT', resume });
  await world.open();
  world.frame(klineFrame([{ start, confirm: true }]));
  assert.deepEqual(world.take(), [`k${start}!`]);
});
