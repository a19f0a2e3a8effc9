/** How history asks: pace, breaker, throttle, both classes of shut-out. Nobody is really asked, and the clock is the test's. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { PoliteManners } from '../../../../connector/history/polite/manners.ts';
import { openRest } from '../../../../connector/io/rest.ts';
import { Gate } from '../../../../connector/rest/gate.ts';
import type { HttpAnswer } from '../../../../connector/rest/request.ts';
import type { Result } from '../../../../shared/errors.ts';
import { historyPolicy } from '../../../../shared/history-policy.ts';
import { scaledPolicy } from '../../../../shared/policy.ts';
import { until } from '../../../helpers/until.ts';
import { VirtualClock } from '../../../helpers/virtual-clock.ts';

const standard = historyPolicy();
const { manners: limits } = standard;
const keyed = { concurrency: limits.concurrencyKeyed, delayMs: 0 };
const withoutKey = { concurrency: limits.concurrencyPublic, delayMs: limits.delayMs };

/** What a request meets: a retCode, an HTTP status, or an error of the network as a text. */
type Fate = number | string | { readonly http: number; readonly body?: string };

class World {
  readonly clock = new VirtualClock();
  readonly banned: string[] = [];
  readonly sent: { readonly target: string; readonly atMs: number }[] = [];
  readonly manners: PoliteManners;
  readonly client;
  /** Of requests in their order; when they are used up, `then`. */
  fates: Fate[] = [];
  otherwise: Fate = 0;
  headers: Record<string, string> = {};
  readonly #held: (() => void)[] = [];
  isHolding = false;
  #out = 0;
  mostOut = 0;

  constructor(access: typeof keyed = keyed) {
    const { clock } = this;
    this.manners = new PoliteManners(
      { ...limits, ...access },
      { clock, banned: ({ message }) => this.banned.push(message) },
    );
    const policy = { ...scaledPolicy(1).rest, ...standard.rest };
    this.client = openRest(policy, {
      clock,
      random: () => 0.5,
      manners: this.manners,
      gate: new Gate(policy, () => 0.5),
      get: (target) => this.#get(target),
      sleep: (ms, signal) => {
        signal.throwIfAborted();
        clock.advance(ms);
        return Promise.resolve();
      },
    });
  }

  ask(name = 'kline', once = false): Promise<Result<unknown>> {
    return this.client.ask({ endpoint: `/${name}`, query: '', subject: 'klines', once });
  }

  release(): void {
    this.isHolding = false;
    for (const go of this.#held.splice(0)) go();
  }

  state() {
    return this.manners.state();
  }

  breaker(name = 'kline') {
    return this.state().breakers.find(({ endpoint }) => endpoint === `/${name}`)?.state;
  }

  async #get(target: string): Promise<HttpAnswer> {
    const sentAt = this.clock.unixMicros();
    this.sent.push({ target, atMs: this.clock.monoMs() });
    const fate = this.fates.shift() ?? this.otherwise;
    this.#out += 1;
    this.mostOut = Math.max(this.mostOut, this.#out);
    if (this.isHolding) await new Promise<void>((resolve) => this.#held.push(resolve));
    this.#out -= 1;
    if (typeof fate === 'string') throw new Error(fate);
    const status = typeof fate === 'object' ? fate.http : 200;
    const body =
      typeof fate === 'object'
        ? (fate.body ?? '')
        : JSON.stringify({ retCode: fate, retMsg: 'words', result: {}, time: this.clock.unixMs() });
    return { status, headers: this.headers, body, sentAt, receivedAt: this.clock.unixMicros(), tookMs: 0 };
  }
}

const code = (result: Result<unknown>) => (result.ok ? 'ok' : result.failure.code);
const words = (result: Result<unknown>) => (result.ok ? 'ok' : result.failure.message);
const tooOften = 10_006;

describe('the pace', () => {
  it('without a key is four at a time, with 50 ms between two', async () => {
    const world = new World(withoutKey);
    await Promise.all(Array.from({ length: 30 }, () => world.ask()));
    const gaps = world.sent.slice(1).map(({ atMs }, index) => atMs - (world.sent[index]?.atMs ?? 0));
    assert.ok(
      gaps.every((gap) => gap >= 50),
      String(gaps),
    );
    const slow = new World(withoutKey);
    slow.isHolding = true;
    const all = Array.from({ length: 9 }, () => slow.ask());
    await until('four are out', () => slow.sent.length === 4);
    slow.release();
    await Promise.all(all);
    assert.equal(slow.mostOut, 4);
  });

  it('with a key is eight at a time, without a pause', async () => {
    const world = new World();
    world.isHolding = true;
    const all = Array.from({ length: 20 }, () => world.ask());
    await until('eight are out', () => world.sent.length === 8);
    assert.equal(world.sent.at(-1)?.atMs, world.sent[0]?.atMs);
    world.release();
    await Promise.all(all);
    assert.equal(world.mostOut, 8);
  });

  it('leaves most of the address to the live connector: at most 80 in any 5 s, however fast the answers are', async () => {
    const world = new World();
    await Promise.all(Array.from({ length: 300 }, () => world.ask()));
    for (const { atMs } of world.sent) {
      const inWindow = world.sent.filter((other) => other.atMs >= atMs && other.atMs < atMs + 5_000);
      assert.ok(inWindow.length <= 80, String(inWindow.length));
    }
  });

  it('changes when a key is refused, and when one is taken', async () => {
    const world = new World();
    world.manners.allow(withoutKey);
    assert.deepEqual([world.manners.concurrency(), world.state().delayMs], [4, 50]);
    world.manners.allow(keyed);
    assert.deepEqual([world.manners.concurrency(), world.state().delayMs], [8, 0]);
    world.fates = [tooOften];
    await world.ask('kline', true);
    world.manners.allow(withoutKey);
    assert.equal(world.manners.concurrency(), 4);
    assert.equal(world.state().throttle.factor, 1.5);
  });
});

describe('"too often"', () => {
  it('halves what is under way and stretches the pauses up to five times; answers bring both back', async () => {
    const world = new World(withoutKey);
    world.fates = [tooOften, tooOften];
    await world.ask('a', true);
    assert.equal(world.manners.concurrency(), 2);
    assert.deepEqual([world.state().throttle.factor, world.state().delayMs], [1.5, 75]);
    await world.ask('b', true);
    assert.equal(world.manners.concurrency(), 1);
    world.fates = Array.from({ length: 10 }, () => tooOften);
    for (let count = 0; count < 10; count += 1) await world.ask(`c${count}`, true);
    assert.deepEqual([world.state().throttle.factor, world.manners.concurrency()], [5, 1]);
    assert.equal(world.state().refusals, 12);
    for (let count = 0; count < 3; count += 1) await world.ask('d');
    assert.equal(world.manners.concurrency(), 4);
    for (let count = 0; count < 20; count += 1) await world.ask('d');
    assert.deepEqual([world.state().throttle.factor, world.state().delayMs], [1, 50]);
  });

  it('makes pauses also where a key needs none', async () => {
    const world = new World();
    world.fates = [tooOften];
    await world.ask('a', true);
    assert.equal(world.state().delayMs, 25);
  });

  it('three times in a row opens the breaker of that endpoint: nothing goes for 60 s, then one request looks', async () => {
    const world = new World();
    world.fates = [tooOften, tooOften, tooOften];
    // Each waits for the second that the gate shuts the endpoint for; the third opens the breaker.
    assert.equal(code(await world.ask('kline')), 'ok');
    assert.deepEqual(
      world.sent.map(({ atMs }) => atMs - (world.sent[0]?.atMs ?? 0)).map((ms) => Math.floor(ms / 1_000)),
      [0, 1, 2, 63],
    );
    assert.equal(world.breaker(), 'closed');
  });

  it('while the breaker is open others are refused with the time; other endpoints go on', async () => {
    const world = new World();
    for (const _ of [1, 2, 3]) {
      world.fates = [tooOften];
      await world.ask('kline', true);
      world.clock.advance(1_000);
    }
    assert.equal(world.breaker(), 'open');
    assert.equal(
      words(await world.ask('kline', true)),
      '/kline said "too often" 3 times in a row; the next request goes in 59 s',
    );
    assert.equal(code(await world.ask('recent', true)), 'ok');
    assert.equal(world.sent.length, 4);
  });

  it('an answer in between begins the count anew, a dead line does not', async () => {
    const world = new World();
    const meet = async (fate: Fate) => {
      world.fates = [fate];
      await world.ask('kline', true);
      world.clock.advance(1_000);
    };
    await meet(tooOften);
    await meet(tooOften);
    await meet(10_001);
    await meet(tooOften);
    await meet(tooOften);
    assert.equal(world.breaker(), 'closed');
    await meet('connect ECONNREFUSED');
    await meet(tooOften);
    assert.equal(world.breaker(), 'open');
  });

  it('a request that looks and meets no answer leaves the breaker open for another 60 s', async () => {
    for (const fate of [tooOften, 'connect ECONNREFUSED', { http: 502 }] as const) {
      const world = new World();
      for (const _ of [1, 2, 3]) {
        world.fates = [tooOften];
        await world.ask('kline', true);
        world.clock.advance(1_000);
      }
      world.clock.advance(58_999);
      assert.equal(code(await world.ask('kline', true)), 'rate_limited');
      world.clock.advance(1);
      assert.equal(world.breaker(), 'half_open');
      world.fates = [fate];
      await world.ask('kline', true);
      assert.equal(world.sent.length, 4);
      world.clock.advance(59_999);
      assert.equal(code(await world.ask('kline', true)), 'rate_limited');
      world.clock.advance(1);
      assert.equal(code(await world.ask('kline', true)), 'ok');
      assert.equal(world.breaker(), 'closed');
    }
  });

  it('sends one request to look, not all that wait', async () => {
    const world = new World();
    for (const _ of [1, 2, 3]) {
      world.fates = [tooOften];
      await world.ask('kline', true);
      world.clock.advance(1_000);
    }
    for (let count = 0; count < 8; count += 1) await world.ask('recent');
    world.clock.advance(60_000);
    const before = world.sent.length;
    world.isHolding = true;
    const all = Array.from({ length: 5 }, () => world.ask('kline', true));
    await until('one looks', () => world.sent.length > before);
    assert.equal(world.sent.length, before + 1);
    world.release();
    assert.deepEqual((await Promise.all(all)).map(code), ['ok', 'ok', 'ok', 'ok', 'ok']);
  });

  it('lasts as long as the exchange says where that is longer than a minute', async () => {
    const world = new World();
    for (const _ of [1, 2, 3]) {
      world.fates = [tooOften];
      world.headers = { 'x-bapi-limit-reset-timestamp': String(world.clock.unixMs() + 200_000) };
      await world.ask('kline', true);
      world.clock.advance(60_000);
    }
    world.headers = {};
    world.clock.advance(139_999);
    assert.equal(code(await world.ask('kline', true)), 'rate_limited');
    world.clock.advance(1);
    assert.equal(code(await world.ask('kline', true)), 'ok');
  });

  it('is over at its time also when the wall clock was set back an hour', async () => {
    const world = new World();
    for (const _ of [1, 2, 3]) {
      world.fates = [tooOften];
      await world.ask('kline', true);
      world.clock.advance(1_000);
    }
    world.clock.setWall(-3_600_000);
    world.clock.advance(59_000);
    assert.equal(code(await world.ask('kline', true)), 'ok');
  });
});

describe('a shut-out of the address', () => {
  it('is another class: it stops every endpoint at once, for ten minutes, and opens no breaker', async () => {
    const world = new World();
    world.fates = [{ http: 403, body: 'access too frequent' }];
    assert.equal(code(await world.ask('kline')), 'ip_banned');
    assert.equal(code(await world.ask('recent')), 'ip_banned');
    assert.equal(world.sent.length, 1);
    assert.equal(world.breaker(), 'closed');
    assert.deepEqual(world.banned, ['HTTP 403, "access too frequent": this address is shut out']);
    assert.equal(world.manners.concurrency(), 4);
    world.clock.advance(600_000);
    assert.equal(code(await world.ask('recent')), 'ip_banned');
    world.clock.advance(30_000);
    assert.equal(code(await world.ask('recent')), 'ok');
  });
});

it('a failure that may pass is tried five times, from half a second on, with jitter', async () => {
  const world = new World();
  world.otherwise = 'gone';
  assert.equal(code(await world.ask('kline')), 'request_failed');
  const gaps = world.sent.slice(1).map(({ atMs }, index) => atMs - (world.sent[index]?.atMs ?? 0));
  assert.deepEqual(gaps, [250, 500, 1_000, 2_000]);
});

it('whatever the exchange answers, nothing is asked sooner than it may be, and every question ends', async () => {
  const fates = fc.array(
    fc.oneof(
      { weight: 6, arbitrary: fc.constant<Fate>(0) },
      { weight: 5, arbitrary: fc.constant<Fate>(tooOften) },
      { weight: 1, arbitrary: fc.constant<Fate>(10_001) },
      { weight: 2, arbitrary: fc.constantFrom<Fate>('gone', { http: 502 }) },
      { weight: 1, arbitrary: fc.constant<Fate>({ http: 403, body: 'access too frequent' }) },
    ),
    { minLength: 10, maxLength: 80, size: 'max' },
  );
  const oneByOne = { concurrency: 1, delayMs: limits.delayMs };
  await fc.assert(
    fc.asyncProperty(fates, async (script) => {
      const world = new World(oneByOne);
      world.fates = [...script];
      const ends = await Promise.all(Array.from({ length: 60 }, () => world.ask()));
      assert.equal(ends.length, 60);
      assert.equal(world.client.counts().waiting, 0);
      let inARow = 0;
      let isLooking = false;
      world.sent.forEach(({ atMs }, index) => {
        const fate = script[index] ?? 0;
        const gap = (world.sent[index + 1]?.atMs ?? Number.POSITIVE_INFINITY) - atMs;
        assert.ok(gap >= 50, `${gap} ms after a request`);
        if (typeof fate === 'object' && fate.http === 403) assert.ok(gap >= 630_000, `${gap} ms after a ban`);
        if (fate === tooOften) inARow += 1;
        else if (typeof fate === 'number') inARow = 0;
        const isOpen = isLooking ? typeof fate !== 'number' || fate === tooOften : inARow >= 3;
        if (isOpen) assert.ok(gap >= 60_000, `${gap} ms after ${inARow} refusals`);
        isLooking = isOpen;
      });
    }),
    { numRuns: 60 },
  );
});
