/** The client's way with questions: order, limits, patience. Nobody is really asked, and the clock is the test's. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { openRest, type RestClient } from '../../../connector/io/rest.ts';
import type { HttpAnswer, Subject } from '../../../connector/rest/request.ts';
import type { ErrorCode, Result } from '../../../shared/errors.ts';
import { scaledPolicy } from '../../../shared/policy.ts';
import { until } from '../../helpers/until.ts';
import { VirtualClock } from '../../helpers/virtual-clock.ts';

const standard = scaledPolicy(1).rest;

/** What a request meets: a retCode, an HTTP status with `http`, an error of the network as a text, or silence. */
type Fate = number | string | { readonly http: number; readonly body?: string } | 'silence';

class World {
  readonly clock = new VirtualClock();
  readonly client: RestClient;
  /** Targets in the order in which they went out, with the moment. */
  readonly sent: { readonly target: string; readonly atMs: number }[] = [];
  readonly slept: number[] = [];
  fates: Fate[] = [];
  headers: Record<string, string> = {};
  readonly #held: (() => void)[] = [];
  #isHolding = false;

  constructor(policy: Partial<typeof standard> = {}) {
    this.client = openRest(
      { ...standard, ...policy },
      {
        clock: this.clock,
        random: () => 0.5,
        get: (target, signal) => this.#get(target, signal),
        sleep: (ms, signal) => {
          signal.throwIfAborted();
          this.slept.push(ms);
          this.clock.advance(ms);
          return Promise.resolve();
        },
      },
    );
  }

  ask(name: string, subject: Subject = 'instruments', once = false): Promise<Result<unknown>> {
    return this.client.ask({ endpoint: `/${name}`, query: '', subject, once });
  }

  /** Requests that go out from now on are answered when they are released. */
  hold(): void {
    this.#isHolding = true;
  }

  release(): void {
    this.#isHolding = false;
    for (const go of this.#held.splice(0)) go();
  }

  async #get(target: string, signal: AbortSignal): Promise<HttpAnswer> {
    const sentAt = this.clock.unixMicros();
    this.sent.push({ target, atMs: this.clock.monoMs() });
    const fate = this.fates.shift() ?? 0;
    if (fate === 'silence')
      await new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('aborted'))));
    if (this.#isHolding) await new Promise<void>((resolve) => this.#held.push(resolve));
    if (typeof fate === 'string') throw new Error(fate);
    const status = typeof fate === 'object' ? fate.http : 200;
    const body =
      typeof fate === 'object'
        ? (fate.body ?? '')
        : JSON.stringify({ retCode: fate, retMsg: 'words', result: { target }, time: this.clock.unixMs() });
    return { status, headers: this.headers, body, sentAt, receivedAt: this.clock.unixMicros(), tookMs: 0 };
  }
}

function code(result: Result<unknown>): ErrorCode | 'ok' {
  return result.ok ? 'ok' : result.failure.code;
}

describe('questions that wait', () => {
  it('go out eight at a time, trades first, then candles, audits, instruments, the clock', async () => {
    const world = new World();
    world.hold();
    const all = Array.from({ length: 8 }, (_, count) => world.ask(`first${count}`));
    const subjects: readonly Subject[] = ['clock', 'instruments', 'audit', 'klines', 'trades'];
    for (const subject of subjects) all.push(world.ask(subject, subject));
    await until('eight are out', () => world.sent.length === 8);
    world.release();
    await Promise.all(all);
    assert.deepEqual(
      world.sent.slice(8).map(({ target }) => target),
      ['/trades', '/klines', '/audit', '/instruments', '/clock'],
    );
  });

  it('are limited: one more is refused at once, and there is room again when one is answered', async () => {
    const world = new World({ maxWaiting: 20 });
    world.hold();
    const all = Array.from({ length: 20 }, (_, count) => world.ask(`q${count}`));
    const refused = await world.ask('more', 'trades');
    assert.equal(code(refused), 'requests_full');
    assert.match(refused.ok ? '' : refused.failure.message, /^20 requests to the exchange wait already/);
    world.release();
    await Promise.all(all);
    assert.equal(code(await world.ask('later')), 'ok');
    assert.equal(world.client.counts().waiting, 0);
  });

  it('do not make Node warn of listeners', async () => {
    const warnings: string[] = [];
    const hear = (warning: Error) => warnings.push(warning.message);
    process.on('warning', hear);
    const world = new World();
    await Promise.all(Array.from({ length: 100 }, (_, count) => world.ask(`q${count}`)));
    await new Promise((resolve) => setImmediate(resolve));
    process.off('warning', hear);
    assert.deepEqual(warnings, []);
  });

  it('keep to the budget: no five seconds hold more than 200, also when the clock is set back', async () => {
    const world = new World();
    const all = Array.from({ length: 500 }, (_, count) => world.ask(`q${count}`));
    world.clock.setWall(-3_600_000);
    await Promise.all(all);
    for (const { atMs } of world.sent) {
      const inWindow = world.sent.filter((other) => other.atMs >= atMs && other.atMs < atMs + 5_000);
      assert.ok(inWindow.length <= 200, String(inWindow.length));
    }
    assert.ok(world.slept.every((ms) => ms <= 5_000));
  });
});

describe('a failure', () => {
  it('that may pass is tried again, with a growing pause', async () => {
    const world = new World();
    world.fates = ['connect ECONNREFUSED', { http: 503 }, 10_016];
    assert.equal(code(await world.ask('q')), 'ok');
    assert.deepEqual(world.slept, [250, 500, 1_000]);
    assert.deepEqual(world.client.counts(), { sent: 4, failed: 3, waiting: 0 });
  });

  it('is told after five tries, with its last words', async () => {
    const world = new World();
    world.fates = Array.from({ length: 9 }, () => 'connect ECONNREFUSED 127.0.0.1:1');
    const answer = await world.ask('q');
    assert.equal(code(answer), 'request_failed');
    assert.match(
      answer.ok ? '' : answer.failure.message,
      /ECONNREFUSED 127\.0\.0\.1:1 \(nobody listens there/,
    );
    assert.equal(world.sent.length, 5);
  });

  it('of a wrong question, or of one that is asked once, is told at once', async () => {
    const world = new World();
    world.fates = [10_001];
    const wrong = await world.ask('q');
    assert.deepEqual(wrong, {
      ok: false,
      failure: { code: 'request_refused', message: 'retCode 10001: words' },
    });
    world.fates = ['gone'];
    assert.equal(code(await world.ask('clock', 'clock', true)), 'request_failed');
    assert.equal(world.sent.length, 2);
    assert.deepEqual(world.slept, []);
  });

  it('five times in a row stops the others from being sent; when somebody answers again they go', async () => {
    const world = new World();
    world.fates = Array.from({ length: 5 }, () => 'gone');
    for (let count = 0; count < 5; count += 1) await world.ask('clock', 'clock', true);
    const answer = await world.ask('clock', 'clock', true);
    assert.match(answer.ok ? '' : answer.failure.message, /^5 requests in a row failed, the last one: gone/);
    assert.equal(world.sent.length, 5);
    assert.equal(code(await world.ask('patient')), 'ok');
    assert.equal(world.sent.length, 6);
  });
});

describe('a shut-out', () => {
  it('of the address fails everything that waits, and nothing more is sent for ten minutes', async () => {
    const world = new World();
    world.fates = [{ http: 403, body: '403, access too frequent' }];
    world.hold();
    const all = Array.from({ length: 100 }, (_, count) => world.ask(`q${count}`));
    await until('eight are out', () => world.sent.length === 8);
    world.release();
    const codes = (await Promise.all(all)).map(code);
    assert.equal(codes.filter((one) => one === 'ip_banned').length, 93);
    assert.equal(world.sent.length, 8, 'only what was on its way');
    world.clock.advance(600_000);
    assert.equal(code(await world.ask('q')), 'ip_banned');
    assert.equal(world.sent.length, 8);
    world.clock.advance(30_000);
    assert.equal(code(await world.ask('q')), 'ok');
  });

  it('of one endpoint is waited for as long as the exchange says; the others go on', async () => {
    const world = new World();
    world.fates = [10_006];
    world.headers = { 'x-bapi-limit-reset-timestamp': String(world.clock.unixMs() + 700) };
    assert.equal(code(await world.ask('busy', 'trades', true)), 'rate_limited');
    assert.equal(code(await world.ask('other', 'trades', true)), 'ok');
    assert.equal(code(await world.ask('busy', 'trades', true)), 'rate_limited');
    assert.equal(world.sent.length, 2);
    assert.equal(code(await world.ask('busy')), 'ok');
    assert.equal(world.slept.length, 1);
    assert.ok(Number(world.slept[0]) >= 700 && Number(world.slept[0]) < 1_200, String(world.slept[0]));
  });
});

it('what was not sent costs no try', async () => {
  const world = new World({ tries: 1 });
  world.fates = [10_006];
  assert.equal(code(await world.ask('busy')), 'rate_limited');
  assert.equal(code(await world.ask('busy')), 'ok');
  assert.equal(world.sent.length, 2);
});

it('stopping ends what is under way and what waits, each with a failure', async () => {
  const world = new World();
  world.fates = Array.from({ length: 8 }, () => 'silence');
  const all = Array.from({ length: 30 }, (_, count) => world.ask(`q${count}`));
  await until('eight are out', () => world.sent.length === 8);
  world.client.close();
  for (const answer of await Promise.all(all))
    assert.deepEqual(answer, {
      ok: false,
      failure: { code: 'request_failed', message: 'the connector is stopping' },
    });
  assert.equal(code(await world.ask('later')), 'request_failed');
  assert.equal(world.sent.length, 8);
});
