/** Connector and runner on a machine whose clock is set, or that sleeps: what must not be lost, told or closed by mistake. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { pino } from 'pino';
import { memoryConnectionLog } from '../../connector/connection-budget.ts';
import { type SocketEvents, Stream } from '../../connector/stream.ts';
import { App } from '../../runner/app.ts';
import type { WriteBatch } from '../../runner/ledger/changes.ts';
import { noLedgerStore } from '../../runner/ledger/gap-ledger.ts';
import { type Category, categories, type Topic } from '../../shared/market.ts';
import { scaledPolicy } from '../../shared/policy.ts';
import { bookFrame, tradeFrame } from '../helpers/bybit-frames.ts';
import { MachineClock } from '../helpers/machine-clock.ts';

const HOUR = 3_600_000;
const bitcoin = { category: 'linear', symbol: 'BTCUSDT' } as const;
const topics: readonly Topic[] = [
  { channel: 'trades', ...bitcoin },
  { channel: 'depth', ...bitcoin, depth: 50 },
];

type Request = { readonly req_id: string; readonly op: string; readonly args: readonly string[] };
type Line = {
  readonly type: string;
  readonly status?: string;
  readonly cause?: string;
  readonly received_at?: number;
};

/** Both programs over one exchange that trades and changes its book every 100 ms. */
class World {
  readonly machine = new MachineClock();
  readonly policy = scaledPolicy(1);
  readonly lines: Line[] = [];
  readonly batches: WriteBatch[] = [];
  readonly app: App;
  readonly #stream: Stream;
  #socket: SocketEvents | undefined;
  #isOpen = false;
  /** Neither frames nor pongs come any more, and the socket does not say so. */
  isDead = false;
  #u = 1;
  #trades = 0;
  readonly #tickRunner: () => void;

  constructor() {
    const { policy } = this;
    const connectorClock = this.machine.ofProcess(policy.sleptAfterMs, (drift) => this.#stream.slept(drift));
    const runnerClock = this.machine.ofProcess(policy.sleptAfterMs, () => this.app.clockJumped());
    this.app = new App(
      {
        ...{ instruments: [bitcoin], topics, category: 'linear', bufferSize: 1_000, policy, nonce: 'r' },
      },
      {
        clock: runnerClock,
        log: pino({ enabled: false }),
        heard: () => undefined,
        announcedReady: () => undefined,
        refuse: () => assert.fail('refused'),
        send: (command) => {
          this.#stream.command(command);
          return true;
        },
        ledger: {
          ...noLedgerStore,
          write: async (batch) => {
            this.batches.push(batch);
            return { ok: true, value: undefined };
          },
        },
      },
    );
    this.#tickRunner = () => {
      runnerClock.unixMicros();
      this.app.tick();
    };
    const urls = Object.fromEntries(categories.map((name) => [name, `ws://test/${name}`]));
    this.#stream = new Stream(
      {
        environment: 'simulated',
        defaultCategory: 'linear',
        urls: urls as Record<Category, string>,
        policy,
        pid: 1,
        nonce: 'c',
      },
      {
        clock: connectorClock,
        random: () => 0.5,
        socket: (_category, events) => this.#socketOf(events),
        connectionLog: memoryConnectionLog(300_000),
        writeLine: (line) => {
          this.lines.push(JSON.parse(line) as Line);
          this.app.onLine(line, 1);
        },
        isBlocked: () => false,
        readProcess: () => ({ cpuMicros: 0, wallMicros: 1, rssBytes: 1, heapBytes: 1 }),
        record: undefined,
        onShutdown: () => undefined,
      },
    );
  }

  /** Until all flows and its pace is known. */
  async start(): Promise<this> {
    await this.app.ledger.open('simulated');
    this.app.childStarted(1);
    this.#stream.start();
    return this.pass(90_000);
  }

  async pass(ms: number): Promise<this> {
    for (let passed = 0; passed < ms; passed += 100) {
      this.machine.advance(100);
      this.#exchange();
      this.#stream.tick();
      this.#tickRunner();
      for (const candle of this.closed())
        assert.ok(candle.start + 60_000 <= this.machine.truth, `the minute of ${candle.start} is not over`);
      if (passed % 1_000 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    return this;
  }

  closed() {
    const candles = this.app.context.instrument(bitcoin)?.candles['1m'].list() ?? [];
    return candles.filter(({ closed }) => closed);
  }

  told(status: string): number {
    return this.lines.filter((line) => line.status === status).length;
  }

  gaps(): string[] {
    return this.app.gaps.all().map(({ cause, channel }) => `${channel} ${cause}`);
  }

  /** Everything that is judged by a clock is well. */
  faults(): string[] {
    const now = this.machine.ofProcess(1, () => undefined).monoMs();
    return [
      ...this.app.context.topics(now).flatMap(({ stale_reason }) => stale_reason ?? []),
      ...this.app.context.books(now).flatMap(({ reason }) => reason ?? []),
    ];
  }

  #socketOf(events: SocketEvents) {
    return {
      open: () => {
        this.#socket = events;
        this.#isOpen = false;
        this.isDead = false;
        setImmediate(() => undefined);
      },
      close: () => {
        this.#socket = undefined;
      },
      send: (text: string) => {
        const { req_id, op, args } = JSON.parse(text) as Request;
        if (this.isDead) return;
        const answer =
          op === 'ping' ? { success: true, ret_msg: 'pong', op: 'ping' } : { success: true, ret_msg: '', op };
        this.#pending.push(JSON.stringify({ ...answer, req_id, conn_id: 'x' }));
        if (op === 'subscribe' && args.some((arg) => arg.startsWith('orderbook')))
          this.#pending.push(this.#book('snapshot'));
      },
    };
  }

  readonly #pending: string[] = [];

  #exchange(): void {
    const socket = this.#socket;
    if (socket === undefined || this.isDead) return;
    if (!this.#isOpen) {
      this.#isOpen = true;
      this.#pending.length = 0;
      socket.onOpen();
      return;
    }
    const answers = this.#pending.splice(0);
    for (const text of answers) socket.onFrame(text);
    if (answers.length > 0) return;
    this.#trades += 1;
    socket.onFrame(tradeFrame([`t${this.#trades}`], { at: this.machine.truth - 5, seq: this.#trades }));
    socket.onFrame(this.#book('delta'));
  }

  #book(type: 'snapshot' | 'delta'): string {
    if (type === 'delta') this.#u += 1;
    const ts = this.machine.truth - 3;
    return JSON.stringify({ ...JSON.parse(bookFrame({ type, u: this.#u })), ts, cts: ts - 3 });
  }
}

describe('a clock that is set', () => {
  for (const step of [50, -50, 1_000, -1_000]) {
    it(`by ${step} ms costs no connection, no gap and no alarm, and receipts do not run backwards`, async () => {
      const world = await new World().start();
      assert.deepEqual([world.faults(), world.told('connected')], [[], 1]);
      world.machine.setWall(step);
      const from = world.lines.length;
      for (let passed = 0; passed < 30; passed += 1) {
        await world.pass(1_000);
        assert.deepEqual(world.faults(), []);
      }
      assert.deepEqual([world.gaps(), world.told('connected'), world.told('stale')], [[], 1, 0]);
      const receipts = world.lines.slice(from - 20).flatMap(({ received_at }) => received_at ?? []);
      assert.ok(receipts.length > 500);
      assert.ok(receipts.every((at, index) => at >= (receipts[index - 1] ?? 0)));
    });
  }

  for (const step of [HOUR, -HOUR]) {
    it(`by ${step / HOUR} h is told as a gap with both its ends, and all is well a few seconds later`, async () => {
      const world = await new World().start();
      const closed = world.closed().length;
      world.machine.setWall(step);
      await world.pass(20_000);
      assert.ok(world.lines.some(({ cause }) => cause === 'machine_slept'));
      assert.ok(world.gaps().includes('trades machine_slept'));
      assert.deepEqual([world.app.gaps.endless(), world.told('connected'), world.faults()], [[], 2, []]);
      await world.pass(120_000);
      assert.equal(world.closed().length, closed + 2, 'candles go by the time of the exchange');
      assert.deepEqual([world.gaps().length, world.told('stale'), world.faults()], [2, 0, []]);
    });
  }

  it('moves the sign of life in the ledger with it, which goes on once a second', async () => {
    const world = await new World().start();
    const alive = () => world.batches.flatMap(({ aliveUntil }) => aliveUntil ?? []);
    for (const step of [HOUR, -2 * HOUR]) {
      world.machine.setWall(step);
      const from = alive().length;
      const wall = world.machine.ofProcess(1, () => undefined);
      await world.pass(10_000);
      const rows = alive().slice(from);
      assert.ok(rows.length >= 9 && rows.length <= 11, `${rows.length}`);
      assert.ok(
        rows.every((at, index) => index === 0 || Math.abs(at - (rows[index - 1] ?? 0) - 1_000) <= 100),
      );
      assert.ok(wall.unixMs() - (rows.at(-1) ?? 0) <= 1_100);
    }
  });
});

describe('a machine that sleeps', () => {
  it('has lost what was told meanwhile: new socket, gap', async () => {
    const world = await new World().start();
    world.machine.sleep(60_000, true);
    await world.pass(20_000);
    assert.ok(world.gaps().includes('trades machine_slept'));
    assert.deepEqual([world.app.gaps.endless(), world.told('connected'), world.faults()], [[], 2, []]);
  });

  it('and whose monotonic clock went on judges nobody by its own silence; the dead socket is found by itself', async () => {
    const world = await new World().start();
    world.isDead = true;
    world.machine.sleep(60_000, false);
    await world.pass(200);
    assert.deepEqual(
      [world.told('stale'), world.told('disconnected')],
      [0, 0],
      'nothing is judged on waking up',
    );
    await world.pass(30_000);
    assert.ok(world.told('connected') >= 2);
    assert.equal(world.app.gaps.endless().length, 0);
    assert.ok(world.gaps().some((gap) => gap.startsWith('trades')));
    assert.deepEqual(world.faults(), []);
  });
});
