/** How long topics cannot be seen that lie on several sockets: what one of them does is none of the others' business. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Sight } from '../../../runner/ledger/sight.ts';
import type { GapEvent, StatusEvent } from '../../../shared/events/process-events.ts';
import type { Topic } from '../../../shared/market.ts';
import { unixMs } from '../../../shared/time.ts';
import { bitcoin, gap, T0 } from '../intake/events.ts';

const trades = { channel: 'trades', ...bitcoin } as const satisfies Topic;
const thin = { channel: 'liquidation', category: 'linear', symbol: 'THINUSDT' } as const satisfies Topic;
const at = (seconds: number) => unixMs(T0 + seconds * 1_000);
const gapOf = (topic: Topic, seconds: number, more: Partial<GapEvent> = {}): GapEvent =>
  gap({ gap_id: topic.symbol, ...topic, at: at(seconds), from: { id: 'a', timestamp: T0 }, ...more });

/** A child with these topics, each on its sockets. It beats every five seconds. */
class Child {
  readonly sight = new Sight();
  readonly #sockets: ReadonlyMap<Topic, readonly number[]>;
  readonly #isNumbered: boolean;
  readonly #gone = new Set<number>();
  #frames = 0;
  #second = 0;

  constructor(sockets: ReadonlyMap<Topic, readonly number[]>, isNumbered = true) {
    this.#sockets = sockets;
    this.#isNumbered = isNumbered;
    for (const topic of sockets.keys()) this.subscribed(topic);
    this.until(20);
  }

  /** Beats come until then, and on each socket that is there something else moves. */
  until(second: number): this {
    for (; this.#second + 5 <= second; this.#second += 5) {
      this.#frames += 1;
      const numbers = [...new Set([...this.#sockets.values()].flat())];
      const sockets = numbers.map((socket) => ({
        ...{ category: 'linear' as const, url: 'u', state: 'open', reconnects: 0, bad_frames: 0 },
        ...(this.#isNumbered ? { socket } : {}),
        frames: this.#gone.has(socket) ? 0 : this.#frames,
      }));
      const topics = [...this.#sockets].map(([topic, on]) => ({
        ...topic,
        ...{ state: 'active' as const, stale: false, messages: 1, age_ms: null },
        ...(this.#isNumbered ? { sockets: [...on] } : {}),
      }));
      this.#told({ status: 'heartbeat', sockets, topics }, this.#second + 5);
    }
    return this;
  }

  lose(socket: number, second = this.#second) {
    this.#gone.add(socket);
    return this.#told({ status: 'disconnected', scope: 'public', ...this.#number(socket) }, second);
  }

  subscribed(topic: Topic, second = this.#second, socket = this.#sockets.get(topic)?.[0] ?? 0) {
    this.#gone.delete(socket);
    return this.#told({ status: 'subscribed', scope: 'topic', ...topic, ...this.#number(socket) }, second);
  }

  missed(topic: Topic, second = this.#second, more: Partial<GapEvent> = {}) {
    return this.sight.gap(gapOf(topic, second, more), undefined, at(second));
  }

  #number(socket: number) {
    return this.#isNumbered ? { category: 'linear' as const, socket } : { category: 'linear' as const };
  }

  /** What of the gaps changed by it. */
  #told(event: Omit<StatusEvent, 'type'>, second: number) {
    const changed = this.sight.status({ type: 'status', at: at(second), ...event }, at(second));
    return changed.map(({ gap: { symbol }, unseen }) => ({ symbol, ...unseen }));
  }
}

const apart = (): Child =>
  new Child(
    new Map<Topic, readonly number[]>([
      [trades, [0]],
      [thin, [1]],
    ]),
  );

/** A thin topic that was lost for two seconds and sees again, but nothing has happened in it since. */
function thinGap(child = apart(), socket = 1): Child {
  child.lose(socket, 22);
  assert.deepEqual(child.missed(thin, 22), { from: at(15), until: null });
  assert.deepEqual(child.subscribed(thin, 24), [{ symbol: 'THINUSDT', from: at(15), until: at(24) }]);
  return child.until(14_400);
}

describe('a topic of which nothing has come since it sees again', () => {
  it('goes on seeing when another socket is lost, and when an idle one is closed', () => {
    const child = thinGap();
    assert.deepEqual(child.lose(0), []);
    assert.deepEqual(child.lose(7), []);
    assert.deepEqual(child.missed(thin, 14_500, { state: 'lost' }), { from: at(15), until: at(24) });
  });

  it('cannot see a second time when its own socket is lost: the time between was seen', () => {
    const child = thinGap();
    const earlier = [{ from: at(15), until: at(24) }];
    const again = { from: at(14_395), until: null, earlier };
    assert.deepEqual(child.lose(1), [{ symbol: 'THINUSDT', ...again }]);
    assert.deepEqual(child.lose(1), [], 'another try to connect failed');
    assert.deepEqual(child.subscribed(thin, 14_403), [
      { symbol: 'THINUSDT', from: at(14_395), until: at(14_403), earlier },
    ]);
    const ended = child.missed(thin, 15_000, { to: { id: 'b', timestamp: at(15_000) }, state: 'lost' });
    assert.deepEqual(ended, { from: at(14_395), until: at(14_403), earlier });
  });

  it('nor when the connector dies', () => {
    const child = thinGap();
    const earlier = [{ from: at(15), until: at(24) }];
    assert.deepEqual(
      child.sight.childEnded().map(({ unseen }) => unseen),
      [{ from: at(14_395), until: null, earlier }],
    );
  });

  it('nor while no runner was there, which lived until it was last heard of', () => {
    const child = thinGap();
    const unseen = child.missed(thin);
    const stored = { run: 'o', gap: gapOf(thin, 22), changedAt: at(14_400), unseen };
    const next = new Sight();
    const earlier = [{ from: at(15), until: at(24) }];
    assert.deepEqual(next.takeUp(stored, at(14_398)), { from: at(14_398), until: null, earlier });
    const [seen] = next.status({ type: 'status', ...sees(thin, 1), at: at(14_500) }, at(14_500));
    assert.deepEqual(seen?.unseen, { from: at(14_398), until: at(14_500), earlier });
    assert.deepEqual(new Sight().takeUp(stored, at(20)), { from: at(15), until: null }, 'as far as is known');
  });

  it('of two raced sockets needs one, and it is the one on which it was acknowledged', () => {
    const child = thinGap(
      new Child(
        new Map<Topic, readonly number[]>([
          [trades, [0, 1]],
          [thin, [1, 0]],
        ]),
      ),
    );
    assert.deepEqual(child.lose(0), []);
    assert.equal(child.lose(1)[0]?.until, null);
    assert.equal(child.subscribed(thin, 14_401, 0)[0]?.until, at(14_401));
    assert.equal(child.lose(0, 14_402)[0]?.until, null, 'the other one is still gone');
  });

  it('may be on any socket of a connector that does not number them', () => {
    const child = thinGap(new Child(new Map<Topic, readonly number[]>([[thin, [0]]]), false), 0);
    assert.deepEqual(child.lose(0)[0]?.from, at(14_395));
    const [seen] = child.subscribed(thin, 14_402);
    assert.deepEqual(seen?.until, at(14_402));
    const isPrivate = { type: 'status', status: 'disconnected', scope: 'private', at: at(14_403) } as const;
    assert.deepEqual(child.sight.status(isPrivate, at(14_403)), [], 'the account is none of its business');
  });

  it('keeps twenty times at most: past that two of them are one, with the time between', () => {
    const child = thinGap();
    for (let times = 1; times <= 30; times += 1) {
      child.lose(1, 14_400 + times * 100);
      child.subscribed(thin, 14_403 + times * 100);
      child.until(14_490 + times * 100);
    }
    const unseen = child.missed(thin, 20_000);
    assert.equal(unseen?.earlier?.length, 20);
    assert.deepEqual(unseen?.earlier?.[0], { from: at(15), until: at(24) }, 'those that lie near each other');
    const all = [...(unseen?.earlier ?? []), { from: unseen?.from ?? 0, until: unseen?.until ?? 0 }];
    assert.ok(all.every(({ from }, index) => index === 0 || from > (all[index - 1]?.until ?? 0)));
    const blind = all.reduce((sum, { from, until }) => sum + until - from, 0);
    assert.ok(blind < 1_500_000, `${blind}`);
  });
});

function sees(topic: Topic, socket: number) {
  return { status: 'subscribed', scope: 'topic', ...topic, socket } as const;
}
