/** The witnesses of the simulation can see: each kind of lie, told in an otherwise quiet run, breaks the invariant that forbids it. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { runWorld } from './run.ts';
import type { PlannedTrouble } from './world/plan.ts';
import { Simulation } from './world/simulation.ts';

/** Lets `lie` see each text of the exchange from the tenth second on. */
async function brokenBy(
  lie: (text: string, count: number) => string | undefined,
  plan: readonly PlannedTrouble[] = [],
) {
  const world = new Simulation({ seed: 'lies', plan });
  let count = 0;
  world.network.tamper = (text) => {
    if (world.time.now < 10_000 || text.includes('"op"')) return text;
    count += 1;
    return lie(text, count);
  };
  return (await runWorld('lies', world)).broken?.invariant;
}

/** Does something with the first text that fits. */
function once(fits: RegExp, change: (text: string) => string | undefined) {
  let isDone = false;
  return (text: string): string | undefined => {
    if (isDone || !fits.test(text)) return text;
    isDone = true;
    return change(text);
  };
}

describe('a witness', () => {
  it('is silent while nothing is wrong', async () => {
    assert.equal(await brokenBy((text) => text), undefined);
  });

  it('counts from the acknowledgement: what nobody could see before the first trade was told lies in a gap', async () => {
    const conducts = Array.from({ length: 4 }, () => 'cannot start' as const);
    const plan = [{ at: 1_000, trouble: { kind: 'bad_children', conducts } }] as const;
    const world = new Simulation({ seed: 'owed', plan });
    assert.equal((await runWorld('owed', world)).broken, undefined);
    const gaps = [...world.store.gaps.values()].map(({ gap }) => gap);
    const owed = gaps.filter(({ channel, cause }) => channel === 'trades' && cause === 'child_died');
    // Nothing was traded in this world before the acknowledgement, so that no list shows a beginning.
    assert.deepEqual(
      owed.map(({ from, to }) => [from, to === null]),
      [
        [null, false],
        [null, false],
        [null, false],
      ],
    );
  });

  it('misses a trade that nobody told', async () => {
    // With its list of newest trades the exchange would bring it back.
    const fault = {
      kind: 'rest_error' as const,
      path: '/v5/market/recent-trade',
      calls: 1_000_000,
      http_status: 502,
    };
    const plan = [{ at: 5_000, trouble: { kind: 'exchange', fault } }] as const;
    const broken = await brokenBy(
      once(/"topic":"publicTrade/, () => undefined),
      plan,
    );
    assert.equal(broken, 'what is not told lies in a gap');
  });

  it('misses none that the audit of trades brought back', async () => {
    assert.equal(await brokenBy(once(/"topic":"publicTrade/, () => undefined)), undefined);
  });

  it('knows a trade that never was', async () => {
    const broken = await brokenBy(
      once(/"topic":"publicTrade/, (text) => text.replace(/"i":"[^"]{4}/, '"i":"0000')),
    );
    assert.equal(broken, 'only what was executed is told');
  });

  it('sees a level that the exchange never had', async () => {
    const broken = await brokenBy(
      once(/"topic":"orderbook.*"type":"delta".*"a":\[\["/, (text) =>
        text.replace(/"a":\[\["(\d)/, '"a":[["9$1'),
      ),
    );
    assert.equal(broken, 'a valid book equals the published one');
  });

  it('sees a candle that was told wrong', async () => {
    const broken = await brokenBy(once(/"confirm":true/, (text) => text.replace(/"high":"/, '"high":"9')));
    assert.equal(broken, "a closed candle is the exchange's");
  });

  it('waits in vain for what does not get well', async () => {
    assert.equal(
      await brokenBy((text) => (text.includes('orderbook') ? undefined : text)),
      'all is well in the end',
    );
  });

  it('counts the children', async () => {
    const world = new Simulation({ seed: 'lies', plan: [] });
    await world.time.runUntil(5_000);
    const [child] = world.children;
    assert.ok(child);
    world.witness.childSpawned(child);
    assert.equal(world.journal.firstBroken?.invariant, 'a runner has one child');
  });
});
