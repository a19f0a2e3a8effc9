/** A silence of trades is held against the exchange's own list before it is called one, under virtual time. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Finding, NewestAnswer } from '../../../../connector/session/silence/silence-check.ts';
import type { TradeEvent } from '../../../../shared/events/market-events.ts';
import type { Topic } from '../../../../shared/market.ts';
import { type MonoMs, type UnixMs, unixMs } from '../../../../shared/time.ts';
import { tradeFrame } from '../../../helpers/bybit-frames.ts';
import { SessionHarness, trades } from '../../../helpers/session-harness.ts';

const companion: Topic = { ...trades, symbol: 'ETHUSDT' };

type Question = {
  readonly dueAt: number;
  readonly isUrgent: boolean;
  readonly answered: (answer: NewestAnswer, now: MonoMs) => Finding;
};

/** An exchange with two topics of trades on one socket: the companion always flows, the subject as the test says. */
class World extends SessionHarness {
  readonly list: TradeEvent[] = [];
  readonly findings: Finding[] = [];
  readonly asked: number[] = [];
  /** `off`: nobody can be asked; `never`: no answer comes; `late`: the list lags by 3 s. */
  rest: 'answers' | 'off' | 'fails' | 'never' | 'late' = 'answers';
  isMute = false;
  companionFlows = true;
  readonly #questions: Question[] = [];
  #count = 0;

  constructor() {
    super();
    this.askNewest = (symbol, isUrgent, answered) => {
      if (this.rest === 'off' || symbol !== trades.symbol) return false;
      this.asked.push(this.clock.monoMs());
      this.#questions.push({ dueAt: this.clock.monoMs() + 150, isUrgent, answered });
      return true;
    };
    this.connect(trades, companion).ackAll();
  }

  override pass(ms: number, each: () => void = () => undefined): this {
    return super.pass(ms, () => {
      if (this.session.socketReport().state === 'connecting') this.session.opened();
      this.ackAll();
      each();
      if (this.companionFlows) this.#tell(companion.symbol, this.#next());
      this.#answer();
    });
  }

  /** The subject trades each `everyMs`. */
  trade(ms: number, everyMs = 100): this {
    let since = everyMs;
    return this.pass(ms, () => {
      since += 100;
      if (since < everyMs) return;
      since = 0;
      this.happen();
    });
  }

  /** One trade of the subject; it comes, unless the topic is mute. */
  happen(): void {
    const id = this.#next();
    const at = this.clock.unixMs();
    const side = { side: 'buy', is_buyer_maker: false } as const;
    const { category, symbol } = trades;
    this.list.push({ type: 'trade', category, symbol, timestamp: at, price: 1, qty: 1, ...side, id });
    if (!this.isMute) this.#tell(symbol, id);
  }

  get stale(): readonly string[] {
    return this.ofType('status').flatMap(({ status, reason }) => (status === 'stale' ? [reason ?? ''] : []));
  }

  /** After how long the subject was called stale; undefined when it was not. */
  staleAfter(ms: number, each: () => void = () => undefined): number | undefined {
    const begun = this.clock.monoMs();
    let looked = this.events.length;
    let at: number | undefined;
    this.pass(ms, () => {
      each();
      const fresh = this.events.slice(looked);
      looked = this.events.length;
      if (fresh.some((event) => event.type === 'status' && event.status === 'stale'))
        at ??= this.clock.monoMs() - begun;
    });
    return at;
  }

  #tell(symbol: string, id: string): void {
    this.frame(tradeFrame([id], { symbol, at: this.clock.unixMs() }));
  }

  #next(): string {
    this.#count += 1;
    return `t${this.#count}`;
  }

  #answer(): void {
    const now = this.clock.monoMs();
    if (this.rest === 'never') return;
    for (const { answered } of this.#questions.splice(0).filter(({ dueAt }) => dueAt <= now + 100))
      this.findings.push(answered(this.#listed(this.clock.unixMs()), now));
  }

  #listed(exchangeAt: UnixMs): NewestAnswer {
    if (this.rest === 'fails') return { kind: 'failed' };
    const until = this.rest === 'late' ? exchangeAt - 3_000 : exchangeAt;
    const rows = this.list.filter(({ timestamp }) => timestamp <= until).slice(-50);
    return { kind: 'list', rows, exchangeAt: unixMs(exchangeAt) };
  }
}

test('a busy topic that goes mute is called silent because the exchange lists what did not come, within 2.5 s, also right after the start', () => {
  for (const watchedMs of [4_000, 60_000]) {
    const world = new World().trade(watchedMs);
    world.isMute = true;
    const after = world.staleAfter(10_000, () => world.happen());
    assert.ok(after !== undefined && after <= 2_500, `${watchedMs}: ${after} ms`);
    assert.match(world.stale[0] ?? '', /^nothing for \d+ ms, but the exchange lists \d+ trades since$/);
    assert.deepEqual(world.findings.filter((finding) => finding === 'mute').length, 1);
  }
});

test('a burst is enough to ask: a topic that goes mute before its pace is known is found, too', () => {
  const world = new World();
  world.pass(1_000, () => {
    for (let burst = 0; burst < 3; burst += 1) world.happen();
  });
  world.isMute = true;
  const after = world.staleAfter(10_000, () => world.happen());
  assert.ok(after !== undefined && after <= 2_500, `${after} ms`);
});

test('a topic that trades every ten seconds or so and goes mute is found by what the exchange lists, long before its silence tells', () => {
  const found = (['answers', 'off'] as const).map((rest) => {
    const world = new World();
    world.rest = rest;
    let drawn = 0;
    let next = 0;
    // As at random, with the quantiles of that law in an order of their own.
    const eachTick = (): void => {
      if (world.clock.monoMs() < next) return;
      drawn = (drawn + 0.618_034) % 1;
      next = world.clock.monoMs() - Math.log(1 - drawn) * 10_000;
      world.happen();
    };
    world.pass(1_200_000, eachTick);
    assert.deepEqual(world.stale, []);
    world.isMute = true;
    return world.staleAfter(600_000, eachTick);
  });
  const [byList = Number.POSITIVE_INFINITY, bySilence = 0] = found;
  assert.ok(byList <= 60_000, `${byList}`);
  assert.ok(bySilence >= 1.5 * byList, `${byList} and ${bySilence}`);
});

test('a trade that is brought again does not make the newer ones look as if they had not come', () => {
  const world = new World().trade(60_000);
  const again = world.list.at(-20);
  assert.ok(again !== undefined);
  world.frame(tradeFrame([again.id], { symbol: trades.symbol, at: again.timestamp }));
  world.pass(60_000);
  assert.deepEqual(world.stale, []);
  assert.ok(world.findings.includes('quiet'));
});

test('a calm is no silence: it is withheld, counted once, told to whoever judges too, and asked about ever more seldom', () => {
  const world = new World().trade(60_000).pass(600_000);
  assert.deepEqual(world.stale, []);
  assert.equal(world.findings.filter((finding) => finding === 'quiet').length, 1);
  const pauses = world.asked.slice(1).map((at, index) => at - (world.asked[index] ?? 0));
  assert.ok(pauses.length >= 8 && pauses.length <= 20, `${pauses.join()}`);
  assert.ok((pauses.at(-1) ?? 0) >= 60_000, `${pauses.join()}`);
  const told = world
    .ofType('status')
    .filter(({ reason }) => reason?.startsWith('nothing was traded') === true);
  assert.ok(told.length >= 8 && told.every(({ status }) => status === 'flowing'));
  world.trade(5_000).pass(600_000);
  assert.equal(world.findings.filter((finding) => finding === 'quiet').length, 2, 'the next one counts anew');
  assert.deepEqual(world.stale, []);
});

test('a topic that goes mute within a calm is found when trades come again, within half of what the calm had lasted', () => {
  const world = new World().trade(60_000).pass(20_000);
  world.isMute = true;
  const after = world.staleAfter(60_000, () => world.happen());
  assert.ok(after !== undefined && after <= 13_000, `${after}`);
});

test('where nobody can be asked, or nobody answers, or the list lags, the length of the silence decides', () => {
  for (const rest of ['off', 'fails', 'never', 'late'] as const) {
    const world = new World().trade(120_000);
    world.rest = rest;
    const after = world.staleAfter(10_000);
    assert.ok(after !== undefined && after <= 3_500, `${rest}: ${after}`);
    assert.match(world.stale[0] ?? '', /while other topics of its socket flow/);
  }
});

test('an outage within a calm is an alarm only when the limit has passed since the last proof', () => {
  const world = new World().trade(120_000).pass(60_000);
  world.rest = 'fails';
  const after = world.staleAfter(120_000);
  assert.ok(after !== undefined, 'nobody vouches for it any more');
});

test('trades that are on their way are not missing: the link stalls while a calm is over', () => {
  const world = new World().trade(120_000).pass(2_000);
  world.companionFlows = false;
  world.isMute = true;
  assert.equal(
    world.staleAfter(4_000, () => world.happen()),
    undefined,
  );
  world.companionFlows = true;
  assert.match(String(world.staleAfter(3_000)), /^\d+$/, 'what was overtaken will not come');
});

test('trades that were missed before the socket came prove nothing about it', () => {
  const world = new World().trade(120_000);
  world.session.lost('socket_lost', 'reset');
  world.isMute = true;
  world.pass(1_000, () => world.happen());
  world.isMute = false;
  world.pass(2_000);
  assert.deepEqual(
    world.findings.filter((finding) => finding === 'mute'),
    [],
  );
});

test('a topic that is mute from birth is found by what the exchange dates after the acknowledgement, within 8 s, and again on the next socket', () => {
  for (const everyMs of [100, 1_000]) {
    const world = new World();
    world.isMute = true;
    const tradeNow = (): void => {
      if (world.clock.monoMs() % everyMs === 0) world.happen();
    };
    for (const socket of [1, 2]) {
      const after = world.staleAfter(10_000, tradeNow);
      assert.ok(after !== undefined && after >= 4_000 && after <= 8_000, `socket ${socket}: ${after} ms`);
      world.session.lost('socket_lost', 'reset');
      world.pass(1_000, tradeNow);
    }
    assert.match(
      world.stale[0] ?? '',
      /^nothing for \d+ ms after the acknowledgement, but the exchange lists \d+ (or more )?trades since$/,
    );
  }
});

test('a topic that goes mute with a new socket is found although its pace is not known', () => {
  const world = new World().trade(60_000, 6_000);
  world.session.lost('socket_lost', 'reset');
  world.isMute = true;
  let ticks = 0;
  const after = world.staleAfter(20_000, () => {
    ticks += 1;
    if (ticks % 20 === 0) world.happen();
  });
  assert.ok(after !== undefined && after <= 10_000, `${after} ms`);
});

test('what was traded before the acknowledgement proves nothing, and a topic without trades is asked about ever more seldom', () => {
  const world = new World();
  for (let count = 0; count < 20; count += 1) world.list.push(tradeOfThePast(world, count * 50));
  world.pass(3_600_000);
  assert.deepEqual(world.stale, []);
  assert.equal(world.findings.filter((finding) => finding === 'quiet').length, 1);
  assert.ok(world.asked.length >= 10 && world.asked.length <= 25, `${world.asked.length} questions`);
  const [first = 0] = world.asked;
  assert.ok(first >= 5_000 && first <= 6_500, `${first}`);
  world.isMute = true;
  const after = world.staleAfter(400_000, () => world.happen());
  assert.ok(after !== undefined && after <= 301_000, `${after} ms`);
});

test('where nobody can be asked, or nobody answers, no silence from birth is an alarm', () => {
  for (const rest of ['off', 'fails', 'never'] as const) {
    const world = new World();
    world.rest = rest;
    world.isMute = true;
    assert.equal(
      world.staleAfter(600_000, () => world.happen()),
      undefined,
      rest,
    );
  }
});

/** A trade that was over before the subscription was acknowledged, or came with it. */
function tradeOfThePast({ clock }: World, beforeMs: number): TradeEvent {
  const at = unixMs(clock.unixMs() - beforeMs);
  const { category, symbol } = trades;
  const side = { side: 'buy', is_buyer_maker: false } as const;
  return { type: 'trade', category, symbol, timestamp: at, price: 1, qty: 1, ...side, id: `past${beforeMs}` };
}
