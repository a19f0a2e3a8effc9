/** Candles that never come, although trades were made: found by what the exchange lists; a market without trades is left in peace. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { candleStart, neighbourStart } from '../../../../connector/session/feeds/candle-times.ts';
import type { Finding, NewestAnswer } from '../../../../connector/session/silence/silence-check.ts';
import type { TradeEvent } from '../../../../shared/events/market-events.ts';
import { type Interval, intervals, type Topic } from '../../../../shared/market.ts';
import { type MonoMs, unixMs } from '../../../../shared/time.ts';
import { klineFrame, tradeFrame } from '../../../helpers/bybit-frames.ts';
import { SessionHarness, trades } from '../../../helpers/session-harness.ts';

const companion: Topic = { ...trades, symbol: 'ETHUSDT' };
const kline: Topic = { channel: 'kline', category: 'linear', symbol: 'BTCUSDT', interval: '1' };

/** A socket on which trades of another symbol flow, beside one topic of candles that brings what a test says. */
class World extends SessionHarness {
  readonly list: TradeEvent[] = [];
  readonly findings: Finding[] = [];
  readonly questions: ((answer: NewestAnswer, now: MonoMs) => Finding)[] = [];
  readonly askedAt: number[] = [];
  /** Requests for the candles, after the first one. */
  renewals = 0;
  rest: 'answers' | 'off' | 'fails' | 'never' = 'answers';
  #count = 0;

  constructor(topic: Topic = kline) {
    super();
    this.askNewest = (symbol, isUrgent, answered) => {
      if (symbol !== topic.symbol) return false;
      this.askedAt.push(this.clock.monoMs());
      assert.equal(isUrgent, false);
      if (this.rest === 'off') return false;
      this.questions.push(answered);
      return true;
    };
    this.connect(topic, companion);
    this.#acknowledge();
    this.renewals = 0;
  }

  override pass(ms: number, each: () => void = () => undefined): this {
    return super.pass(ms, () => {
      if (this.session.socketReport().state === 'connecting') this.session.opened();
      this.#acknowledge();
      each();
      this.#count += 1;
      this.frame(tradeFrame([`e${this.#count}`], { symbol: companion.symbol, at: this.clock.unixMs() }));
      if (this.rest === 'never') return;
      for (const answered of this.questions.splice(0))
        this.findings.push(answered(this.#newest(), this.clock.monoMs()));
    });
  }

  /** A trade of the candles' symbol. */
  happen(isBlock = false): void {
    this.#count += 1;
    const { category, symbol } = kline;
    const market = { type: 'trade', category, symbol, price: 1, qty: 1, side: 'buy' } as const;
    const block = isBlock ? { block: true } : {};
    const timestamp = this.clock.unixMs();
    this.list.push({ ...market, is_buyer_maker: false, timestamp, id: `t${this.#count}`, ...block });
  }

  /** The row of the present minute. */
  row(confirm = false, minutes = 0): this {
    const start = Math.floor(this.clock.unixMs() / 60_000) * 60_000 + minutes * 60_000;
    return this.frame(klineFrame([{ start, confirm }]));
  }

  /** Why the candles were called stale. */
  get stale(): readonly string[] {
    return this.ofType('status').flatMap(({ status, channel, reason }) =>
      status === 'stale' && channel === 'kline' ? [reason ?? ''] : [],
    );
  }

  #acknowledge(): void {
    this.renewals += this.sent.filter(
      ({ op, args }) => op === 'subscribe' && args?.some((name) => name.startsWith('kline')) === true,
    ).length;
    this.ackAll();
  }

  #newest(): NewestAnswer {
    if (this.rest === 'fails') return { kind: 'failed' };
    return { kind: 'list', rows: this.list.slice(-50), exchangeAt: unixMs(this.clock.unixMs()) };
  }
}

test('candles that never come although the market trades are stale some 90 s after the acknowledgement, and asked for anew', () => {
  for (const everyTicks of [1, 50]) {
    const world = new World();
    let ticks = 0;
    const trade = (): void => {
      ticks += 1;
      if (ticks % everyTicks === 0) world.happen();
    };
    world.pass(60_000, trade);
    assert.deepEqual([world.stale.length, world.renewals], [0, 0]);
    world.pass(40_000, trade);
    assert.ok(world.renewals >= 1, `a trade each ${everyTicks} ticks`);
    assert.match(
      world.stale[0] ?? '',
      /^no candle for \d+ ms after the acknowledgement, but the exchange lists trades/,
    );
    assert.deepEqual(world.findings.filter((finding) => finding === 'mute').length, 1);
    world.pass(10_000, trade);
    assert.equal(world.stale[1], 'nothing has come yet: asked for anew, attempt 2');
  }
});

test('candles that no new socket cures cost the others of their socket little', () => {
  const world = new World();
  world.pass(3_600_000, () => world.happen());
  assert.ok(world.opens >= 2 && world.opens <= 4, `${world.opens} sockets`);
});

test('where nothing is traded no candle is owed: nothing is asked for anew, and the question is put ever more seldom', () => {
  const world = new World();
  world.happen();
  world.happen(true);
  world.list[0] = { ...(world.list[0] as TradeEvent), timestamp: world.clock.unixMs() - 10_000 };
  world.pass(3_600_000);
  assert.deepEqual([world.stale.length, world.renewals], [0, 0]);
  assert.ok(world.askedAt.length >= 5 && world.askedAt.length <= 25, `${world.askedAt.length}`);
  assert.equal(world.findings.filter((finding) => finding === 'quiet').length, 1);
});

test('one trade in a quiet market is owed a candle within a minute; while it has time nothing is called mute', () => {
  const world = new World();
  world.pass(30_000).happen();
  world.pass(55_000);
  assert.deepEqual(world.stale, []);
  world.row().pass(600_000);
  assert.deepEqual([world.stale.length, world.renewals], [0, 0], 'it came within its minute');
});

test('candles that come raise no question, whatever else is traded', () => {
  const world = new World().row();
  world.pass(600_000, () => world.happen());
  assert.deepEqual([world.askedAt.length, world.stale.length], [0, 0]);
});

test('a subscription on a new socket that brings nothing is found, too, though candles came before', () => {
  const world = new World().row();
  world.pass(5_000);
  world.session.lost('socket_lost', 'reset');
  world.pass(5_000);
  const before = world.renewals;
  world.pass(60_000, () => world.happen());
  assert.equal(world.renewals, before);
  world.pass(40_000, () => world.happen());
  assert.ok(world.renewals > before);
  assert.match(world.stale[0] ?? '', /after the acknowledgement, but/);
});

test('nobody is asked while REST is off, and a failure proves nothing', () => {
  for (const rest of ['off', 'fails', 'never'] as const) {
    const world = new World();
    world.rest = rest;
    world.pass(600_000, () => world.happen());
    assert.deepEqual([world.stale.length, world.renewals], [0, 0], rest);
    assert.ok(world.askedAt.length <= 600, `${rest}: ${world.askedAt.length} questions`);
  }
});

test('the candles that were owed meanwhile lie in a gap when the first one comes', () => {
  const world = new World();
  const first = Math.floor(world.clock.unixMs() / 60_000) * 60_000;
  world.pass(160_000, () => world.happen());
  world.row();
  const [gap] = world.ofType('gap').filter(({ channel }) => channel === 'kline');
  assert.deepEqual([gap?.state, gap?.cause, gap?.from?.id], ['open', 'data_silent', String(first - 60_000)]);
});

test('a candle begins where the exchange lets it begin', () => {
  const at = Date.UTC(2026, 10, 22, 11, 7, 33);
  const begins: Partial<Record<Interval, string>> = {
    1: '2026-11-22T11:07',
    5: '2026-11-22T11:05',
    240: '2026-11-22T08:00',
    720: '2026-11-22T00:00',
    D: '2026-11-22T00:00',
    W: '2026-11-16T00:00',
    M: '2026-11-01T00:00',
  };
  for (const interval of intervals) {
    const start = candleStart(interval, at);
    assert.ok(start <= at && at < neighbourStart(interval, start, 1), interval);
    assert.equal(candleStart(interval, start), start);
    const expected = begins[interval];
    if (expected !== undefined) assert.equal(new Date(start).toISOString().slice(0, 16), expected);
  }
});
