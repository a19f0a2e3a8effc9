/** The verb `stream` holds the trades of each of its markets against the exchange's list, one question at a time. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import type { MarketRest } from '../../connector/rest/market-rest.ts';
import { type SocketEvents, Stream } from '../../connector/stream.ts';
import { fail, ok } from '../../shared/errors.ts';
import type { TradeEvent } from '../../shared/events/market-events.ts';
import { type Category, categories } from '../../shared/market.ts';
import { scaledPolicy } from '../../shared/policy.ts';
import { unixMs } from '../../shared/time.ts';
import { tradeFrame } from '../helpers/bybit-frames.ts';
import { quietProcess } from '../helpers/stream-ports.ts';
import { VirtualClock } from '../helpers/virtual-clock.ts';

type Line = Readonly<Record<string, unknown>> & { readonly type: string };
const START = 1_750_000_000_000;

function listed(category: Category, index: number, timestamp: number): TradeEvent {
  return {
    ...{ type: 'trade', category, symbol: 'BTCUSDT', timestamp, price: 50_000.1, qty: 0.01 },
    ...{ received_at: timestamp * 1_000, side: 'buy', is_buyer_maker: false, origin: 'healed' },
    ...{ id: `t${index}`, seq: index },
  } as const;
}

class World {
  readonly clock = new VirtualClock();
  readonly lines: Line[] = [];
  readonly asked: Category[] = [];
  readonly stream: Stream;
  readonly #sockets = new Map<Category, SocketEvents>();
  readonly #times: number[] = [];

  constructor() {
    const rest: Partial<MarketRest> = {
      clock: async () => fail('request_failed', 'no'),
      newestTrades: async ({ category }, isWhole) => {
        if (isWhole === true) this.asked.push(category);
        await turn();
        const rows = this.#times.map((time, index) => listed(category, index, time));
        return ok({ rows, bad: 0, firstBad: undefined, exchangeAt: unixMs(this.now) });
      },
    };
    const urls = Object.fromEntries(categories.map((name) => [name, `ws://test/${name}`]));
    this.stream = new Stream(
      {
        ...{
          environment: 'simulated',
          defaultCategory: 'linear',
          policy: scaledPolicy(1),
          pid: 1,
          nonce: 'x',
        },
        urls: urls as Record<Category, string>,
      },
      {
        clock: this.clock,
        random: () => 0.5,
        socket: (category, events) => {
          this.#sockets.set(category, events);
          const send = (text: string): void => {
            const { req_id, op } = JSON.parse(text) as { readonly req_id: string; readonly op: string };
            queueMicrotask(() =>
              events.onFrame(
                JSON.stringify({ success: true, ret_msg: op === 'ping' ? 'pong' : '', req_id, op }),
              ),
            );
          };
          return { open: () => undefined, send, close: () => undefined };
        },
        ...quietProcess(),
        rest: rest as MarketRest,
        writeLine: (line) => this.lines.push(JSON.parse(line) as Line),
      },
    );
    this.stream.start();
  }

  get now(): number {
    return START + this.clock.monoMs();
  }

  async open(...markets: readonly Category[]): Promise<void> {
    for (const category of markets)
      this.stream.command({ command: 'subscribe', channel: 'trades', category, symbol: 'BTCUSDT' });
    await this.pass(100);
    for (const socket of this.#sockets.values()) socket.onOpen();
    await this.pass(500);
  }

  /** A trade in each market every half second; `left`: it does not come. */
  async trades(count: number, left = false): Promise<void> {
    for (let round = 0; round < count; round += 1) {
      const index = this.#times.push(this.now) - 1;
      if (!left)
        for (const socket of this.#sockets.values())
          socket.onFrame(tradeFrame([`t${index}`], { at: this.now, seq: index }));
      await this.pass(500);
    }
  }

  async pass(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += 100) {
      this.clock.advance(100);
      this.stream.tick();
      await turn();
      await turn();
    }
  }
}

test('what is left out is told and healed in each market, and counted in the heartbeat', async () => {
  const world = new World();
  await world.open('linear', 'spot');
  await world.trades(20);
  await world.trades(2, true);
  await world.trades(50);
  for (const category of ['linear', 'spot'] as const) {
    const mine = world.lines.filter((line) => line['category'] === category);
    const gaps = mine.filter(({ type }) => type === 'gap');
    assert.deepEqual(
      gaps.map(({ state, cause, recovered }) => [state, cause, recovered]),
      [
        ['open', 'data_silent', undefined],
        ['healed', 'data_silent', 2],
      ],
      category,
    );
    const told = mine.filter(({ type }) => type === 'trade').map(({ id }) => id);
    assert.deepEqual([told.length, new Set(told).size], [72, 72]);
  }
  const beat = world.lines.findLast(({ status }) => status === 'heartbeat');
  assert.equal(beat?.['trades_left_out'], 4);
  assert.equal(beat?.['trades_audited'], world.asked.length);
  // Both markets are due at the same moments; neither takes the other one's turns, and each comes every ten seconds.
  const [linear, spot] = (['linear', 'spot'] as const).map(
    (category) => world.asked.filter((one) => one === category).length,
  );
  assert.ok(linear !== undefined && linear >= 2 && linear <= 4, `${linear} times linear`);
  assert.ok(spot !== undefined && spot >= 2 && spot <= 4, `${spot} times spot`);
});
