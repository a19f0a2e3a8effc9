/** Which requests may go out after which failures, under a clock that the test moves. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Gate } from '../../../connector/rest/gate.ts';
import type { Blame } from '../../../connector/rest/request.ts';
import { scaledPolicy } from '../../../shared/policy.ts';
import { VirtualClock } from '../../helpers/virtual-clock.ts';

const policy = scaledPolicy(1).rest;

class World {
  readonly clock = new VirtualClock();
  readonly gate = new Gate(policy, () => 0.5);

  /** A request of this endpoint: what the gate says against it; let through, it meets its fate. */
  ask(endpoint: string, fate?: Blame): string | undefined {
    const refusal = this.gate.refusal(endpoint, this.clock.monoMs());
    if (refusal === undefined) this.meet(endpoint, fate);
    return refusal?.failure.code;
  }

  meet(endpoint: string, fate: Blame | undefined): void {
    const failure = {
      code: fate?.kind === 'address' ? 'ip_banned' : 'request_failed',
      message: 'as told',
    } as const;
    this.gate.noted(endpoint, fate, fate === undefined ? undefined : failure, this.clock.monoMs());
  }
}

describe('a shut-out of the address', () => {
  it('stops every endpoint for ten minutes and more, whatever else is asked', () => {
    const world = new World();
    assert.equal(world.ask('a', { kind: 'address' }), undefined);
    for (let passed = 0; passed < 10; passed += 1) {
      assert.equal(world.ask('a'), 'ip_banned');
      assert.equal(world.ask('b'), 'ip_banned');
      world.clock.advance(60_000);
    }
    assert.equal(world.ask('b'), 'ip_banned');
    world.clock.advance(30_000);
    assert.equal(world.ask('b'), undefined);
    assert.equal(world.ask('a'), undefined);
  });

  it('says how long it still lasts', () => {
    const world = new World();
    world.ask('a', { kind: 'address' });
    world.clock.advance(600_000);
    const refusal = world.gate.refusal('b', world.clock.monoMs());
    assert.equal(refusal?.failure.message, 'as told; nothing is asked for another 30 s');
  });

  it('is not lifted by an answer to a request that was on its way before', () => {
    const world = new World();
    world.ask('a', { kind: 'address' });
    world.meet('b', undefined);
    assert.equal(world.ask('b'), 'ip_banned');
  });
});

describe('a shut endpoint', () => {
  it('leaves the others open, and opens when the exchange said', () => {
    const world = new World();
    world.ask('a', { kind: 'endpoint', waitMs: 300 });
    assert.equal(world.ask('a'), 'rate_limited');
    assert.equal(world.ask('b'), undefined);
    world.clock.advance(299);
    assert.equal(world.ask('a'), 'rate_limited');
    world.clock.advance(1);
    assert.equal(world.ask('a'), undefined);
  });

  it('stays shut for a second when the exchange did not say, and for a minute when it said nonsense', () => {
    const world = new World();
    world.ask('a', { kind: 'endpoint', waitMs: undefined });
    world.ask('b', { kind: 'endpoint', waitMs: 86_400_000 });
    world.clock.advance(999);
    assert.equal(world.ask('a'), 'rate_limited');
    world.clock.advance(1);
    assert.equal(world.ask('a'), undefined);
    assert.equal(world.ask('b'), 'rate_limited');
    world.clock.advance(59_000);
    assert.equal(world.ask('b'), undefined);
  });

  it('is not opened early by a second, shorter word', () => {
    const world = new World();
    world.ask('a', { kind: 'endpoint', waitMs: 5_000 });
    world.meet('a', { kind: 'endpoint', waitMs: 100 });
    world.clock.advance(4_999);
    assert.equal(world.ask('a'), 'rate_limited');
  });
});

describe('an outage', () => {
  const outage = { kind: 'outage' } as const;
  const fail = (world: World, times: number) => {
    for (let count = 0; count < times; count += 1) assert.equal(world.ask('a', outage), undefined);
  };

  it('is believed after five failures in a row, of any endpoint; one answer in between is enough', () => {
    const world = new World();
    fail(world, 4);
    world.ask('b');
    fail(world, 5);
    assert.equal(world.ask('b'), 'request_failed');
  });

  it('sends one request ahead after a while; its answer opens the gate, its failure shuts it for longer', () => {
    const world = new World();
    fail(world, 5);
    world.clock.advance(1_000);
    assert.equal(world.gate.refusal('a', world.clock.monoMs()), undefined);
    assert.equal(world.ask('b'), 'request_failed', 'one looks, the others wait for what it finds');
    world.meet('a', outage);
    world.clock.advance(1_999);
    assert.equal(world.ask('a'), 'request_failed');
    world.clock.advance(1);
    assert.equal(world.ask('a'), undefined);
    assert.equal(world.ask('b'), undefined);
  });

  it('is told with what went wrong last', () => {
    const world = new World();
    fail(world, 5);
    assert.match(
      world.gate.refusal('a', world.clock.monoMs())?.failure.message ?? '',
      /^5 requests in a row failed, the last one: as told$/,
    );
  });

  it('is not what a wrong question causes', () => {
    const world = new World();
    for (let count = 0; count < 20; count += 1) world.ask('a', { kind: 'request' });
    assert.equal(world.ask('a'), undefined);
  });
});

it('what is shut can be looked at without changing anything', () => {
  const world = new World();
  const { clock, gate } = world;
  assert.deepEqual(gate.shut(clock.monoMs()), { address: undefined, endpoints: [], outageUntil: undefined });
  world.ask('a', { kind: 'endpoint', waitMs: 300 });
  world.ask('b', { kind: 'address' });
  const shut = gate.shut(clock.monoMs());
  assert.equal((shut.address?.until ?? 0) - clock.monoMs(), policy.shutOutMs);
  assert.equal(shut.address?.failure?.message, 'as told');
  assert.deepEqual(shut.endpoints, [{ endpoint: 'a', until: clock.monoMs() + 300 }]);
  clock.advance(policy.shutOutMs);
  assert.deepEqual(gate.shut(clock.monoMs()), { address: undefined, endpoints: [], outageUntil: undefined });
  assert.equal(world.ask('a'), undefined);
  for (let count = 0; count < 5; count += 1) world.ask('a', { kind: 'outage' });
  assert.equal(gate.shut(clock.monoMs()).outageUntil, clock.monoMs() + 1_000);
  assert.equal(world.ask('a'), 'request_failed');
});
