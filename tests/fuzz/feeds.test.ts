/**
 * All channels of two markets together, as a socket drives them: long streams in which one frame in a few is mutated.
 *
 * Here the readers meet what they feed: shapes learnt from odd frames, books, candles, gaps. Whatever is emitted must be an
 * event, and the stream must still work when the frames are good again.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseFrame } from '../../connector/bybit/frames.ts';
import { bybitTopic } from '../../connector/bybit/topics.ts';
import { TopicFeeds } from '../../connector/session/feeds/topic-feeds.ts';
import { eventSchema, type UnnumberedEvent } from '../../shared/events/event.ts';
import type { Topic } from '../../shared/market.ts';
import { scaledPolicy } from '../../shared/policy.ts';
import { type MonoMs, monoMs, unixMicros, unixMs } from '../../shared/time.ts';
import { bookFrame, klineFrame, liquidationFrame, tickerFrame, tradeFrame } from '../helpers/bybit-frames.ts';
import { mutate } from './mutations.ts';
import { wholeTicker } from './samples.ts';
import { Dice, scaleOf } from './scale.ts';

const T0 = 1_750_000_000_000;
const policy = scaledPolicy(1);

class World {
  readonly events: UnnumberedEvent[] = [];
  readonly #feeds: TopicFeeds;
  readonly #topics: readonly Topic[];
  bad = 0;
  #now = 0;
  #u = 1;
  #ids = 0;
  #minute = T0 - (T0 % 60_000);

  constructor(category: 'linear' | 'spot') {
    const about = { category, symbol: 'BTCUSDT' } as const;
    this.#topics = [
      { channel: 'trades', ...about },
      { channel: 'depth', ...about, depth: 50 },
      { channel: 'kline', ...about, interval: '1' },
      { channel: 'ticker', ...about },
      ...(category === 'spot' ? [] : ([{ channel: 'liquidation', ...about }] as const)),
    ];
    this.#feeds = new TopicFeeds(policy, 'fuzz', {
      emit: (event) => this.events.push(event),
      renew: (name) => this.#feeds.get(name)?.renewing(unixMs(T0 + this.#now)),
      bad: (reason) => {
        assert.ok(reason.length > 0);
        this.bad += 1;
      },
    });
    for (const topic of this.#topics) this.#feeds.add(bybitTopic(topic), topic);
  }

  /** The next frame of some channel as the exchange would write it. */
  next(dice: Dice): string {
    switch (dice.below(5)) {
      case 0:
        return tradeFrame([this.#id(), this.#id()], {
          at: T0 + this.#now,
          seq: this.#ids,
        });
      case 1:
        this.#u += 1;
        return bookFrame({ type: dice.oneIn(8) ? 'snapshot' : 'delta', u: this.#u });
      case 2:
        if (dice.oneIn(3)) this.#minute += 60_000;
        return klineFrame([{ start: this.#minute, confirm: dice.oneIn(2) }]);
      case 3:
        return tickerFrame(dice.oneIn(4) ? 'snapshot' : 'delta', wholeTicker, { at: T0 + this.#now });
      default:
        return liquidationFrame([{ S: 'Buy', p: '5', at: T0 + this.#now }]);
    }
  }

  #id(): string {
    this.#ids += 1;
    return `id-${this.#ids}`;
  }

  /** As session.ts takes a frame. */
  take(text: string): void {
    this.#now += 20;
    const now: MonoMs = monoMs(this.#now);
    const receivedAt = unixMicros((T0 + this.#now) * 1_000);
    if (this.#feeds.frame(text, receivedAt, now) !== undefined) return;
    const frame = parseFrame(text);
    if (frame.kind === 'data') this.#feeds.data(frame, text, receivedAt, now);
    if (frame.kind === 'bad') this.#feeds.unreadable(undefined, frame.reason, unixMs(T0 + this.#now));
  }

  /** What a socket that is lost does. */
  interrupt(): void {
    this.#feeds.interruptAll('socket_lost', unixMs(T0 + this.#now));
    this.#feeds.resumeAll(monoMs(this.#now));
  }

  /** Channels whose data came since the events were cleared. */
  flowing(): readonly string[] {
    return [...new Set(this.events.map(({ type }) => type))];
  }
}

test('whatever a socket brings, all that is emitted is an event, and good frames are told again afterwards', (t) => {
  let bad = 0;
  let told = 0;
  const run = fc.record({
    seed: fc.integer(),
    frames: fc.integer({ min: 1, max: 60 }),
    mutateOneIn: fc.integer({ min: 1, max: 6 }),
    category: fc.constantFrom('linear', 'spot'),
  });
  const holds = fc.property(run, ({ seed, frames, mutateOneIn, category }) => {
    const world = new World(category);
    const dice = new Dice(seed);
    for (let count = 0; count < frames; count += 1) {
      const text = world.next(dice);
      world.take(dice.oneIn(mutateOneIn) ? mutate(text, 1 + dice.below(3), dice) : text);
      if (dice.oneIn(40)) world.interrupt();
    }
    for (const event of world.events) {
      const checked = eventSchema.safeParse(JSON.parse(JSON.stringify(event)));
      assert.ok(checked.success, `${JSON.stringify(event).slice(0, 2_000)}: ${checked.error?.message}`);
    }
    bad += world.bad;
    told += world.events.length;
    world.events.length = 0;
    world.take(tradeFrame(['last-1'], { at: T0 + 3_600_000, seq: 10_000_000 }));
    world.take(bookFrame({ type: 'snapshot', u: 5_000_000 }));
    world.take(tickerFrame('snapshot', wholeTicker, { at: T0 + 3_600_000 }));
    const flowing = world.flowing();
    for (const type of ['trade', 'depth', 'ticker'])
      assert.ok(flowing.includes(type), `${type} does not flow any more`);
  });
  fc.assert(holds, scaleOf(t, { sample: 300, proof: 20_000 }));
  t.diagnostic(`${told} events were told, ${bad} frames or rows could not be read`);
  assert.ok(told > 1_000 && bad > 100);
});
