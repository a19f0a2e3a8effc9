/** What becomes of a topic's trades when it is given up, and wanted again at once. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type RecentQuestion,
  type TradeFeed,
  TradeLines,
} from '../../../../connector/session/trades/trade-lines.ts';
import { monoMs, unixMs } from '../../../../shared/time.ts';
import { policy, T0, tradeAt } from './trade-line-world.ts';

const topic = { channel: 'trades', category: 'linear', symbol: 'BTCUSDT' } as const;
const place = (index: number) => {
  const { id, timestamp, seq } = tradeAt(index);
  return { id, timestamp, ...(seq === undefined ? {} : { seq }) };
};

class Desk {
  readonly events: string[] = [];
  readonly questions: RecentQuestion[] = [];
  readonly lines: TradeLines;
  #gaps = 0;

  constructor() {
    this.lines = new TradeLines(policy, {
      emit: (event) => {
        if (event.type === 'gap')
          this.events.push(`${event.gap_id} ${event.state} ${event.from?.id}..${event.to?.id ?? ''}`);
        if (event.type === 'trade') this.events.push(`${event.origin === 'healed' ? '+' : ''}${event.id}`);
      },
      nextGapId: () => {
        this.#gaps += 1;
        return `g${this.#gaps}`;
      },
      readRecent: (question) => this.questions.push(question),
    });
  }

  /** What was told since the last call. */
  take(): readonly string[] {
    return this.events.splice(0);
  }

  /** A topic that has told t0 to t2. */
  begun(): TradeFeed {
    const feed = this.lines.feed(topic, 0);
    feed.agreed(monoMs(0));
    feed.tell([tradeAt(0), tradeAt(1), tradeAt(2)], monoMs(0));
    this.take();
    return feed;
  }

  answer(first: number, last: number, at: number): void {
    const rows = Array.from({ length: last - first + 1 }, (_, index) => tradeAt(first + index));
    this.questions.shift()?.answered({ kind: 'rows', rows }, monoMs(at));
  }
}

describe('a topic of trades that is given up and wanted again', () => {
  it('goes on where it stood, not where the runner had been when it asked', () => {
    const desk = new Desk();
    desk.begun().ended();
    const feed = desk.lines.feed(topic, 0);
    feed.resume(place(0), unixMs(T0));
    assert.deepEqual(desk.take(), ['g1 open t2..']);
    feed.agreed(monoMs(100));
    desk.answer(0, 4, 200);
    feed.tell([tradeAt(6)], monoMs(300));
    desk.lines.tick(monoMs(300));
    desk.answer(0, 6, 400);
    assert.deepEqual(desk.take(), ['+t3', '+t4', '+t5', 'g1 healed t2..t6', 't6']);
  });

  it('heals on what was missing when it was given up', () => {
    const desk = new Desk();
    const first = desk.begun();
    first.missed('bad_frame', unixMs(T0));
    first.ended();
    assert.deepEqual(desk.take(), ['g1 open t2..']);
    const feed = desk.lines.feed(topic, 0);
    feed.resume({ ...place(2), gap_id: 'g1' }, unixMs(T0));
    feed.agreed(monoMs(100));
    desk.lines.tick(monoMs(5_000));
    feed.tell([tradeAt(4)], monoMs(5_000));
    // The first answer is to what was asked before.
    desk.answer(0, 4, 5_100);
    assert.deepEqual(desk.take(), ['+t3', 'g1 healed t2..t4', 't4']);
  });

  it('does not take what still comes of the former subscription for the beginning of the new one', () => {
    const desk = new Desk();
    desk.begun().ended();
    const feed = desk.lines.feed(topic, 0);
    feed.tell([tradeAt(3)], monoMs(50));
    feed.agreed(monoMs(100));
    feed.tell([tradeAt(9)], monoMs(200));
    desk.lines.tick(monoMs(3_000));
    assert.deepEqual(desk.take(), ['t3', 'g1 open t3..', 'g1 open t3..t9', 't9']);
  });

  it('tells nothing of a list that comes after it was given up', () => {
    const desk = new Desk();
    const first = desk.begun();
    first.missed('bad_frame', unixMs(T0));
    desk.lines.tick(monoMs(0));
    first.ended();
    desk.answer(0, 4, 100);
    assert.deepEqual(desk.take(), ['g1 open t2..']);
  });

  it('is owed what came since its first acknowledgement, also where nothing was seen', () => {
    const desk = new Desk();
    const first = desk.lines.feed(topic, 0);
    first.agreed(monoMs(10_000));
    first.ended();
    const feed = desk.lines.feed(topic, 0);
    // The clock by which the runner reckons may be off; the line that was given up knows better.
    feed.resume({ owedSince: monoMs(13_000) }, unixMs(T0));
    assert.deepEqual(desk.take(), ['g1 open undefined..']);
    feed.agreed(monoMs(14_000));
    const rows = [tradeAt(0, T0), tradeAt(1, T0 + 9_500), tradeAt(2, T0 + 15_000)];
    feed.listed(rows.slice(0, 2), unixMs(T0 + 14_500), monoMs(14_500));
    desk.lines.tick(monoMs(14_500));
    feed.tell(rows.slice(2), monoMs(15_000));
    desk.questions.shift()?.answered({ kind: 'rows', rows }, monoMs(15_100));
    assert.deepEqual(desk.take(), ['g1 open t0..', '+t1', 'g1 healed t0..t2', 't2']);
  });

  it('begins anew without a place, and what was missing before is lost', () => {
    const desk = new Desk();
    const first = desk.begun();
    first.missed('bad_frame', unixMs(T0));
    first.ended();
    const feed = desk.lines.feed(topic, 0);
    feed.agreed(monoMs(100));
    feed.tell([tradeAt(9)], monoMs(200));
    assert.deepEqual(desk.take(), ['g1 open t2..', 't9']);
    desk.lines.tick(monoMs(1_000));
    desk.lines.tick(monoMs(10_900));
    assert.deepEqual(desk.take(), []);
    desk.lines.tick(monoMs(11_000));
    assert.deepEqual(desk.take(), ['g1 lost t2..']);
  });

  it('forgets the oldest of more than a thousand', () => {
    const desk = new Desk();
    for (let count = 0; count <= 1_000; count += 1) {
      const feed = desk.lines.feed({ ...topic, symbol: `S${count}` }, 0);
      feed.tell([tradeAt(0)], monoMs(0));
      feed.missed('bad_frame', unixMs(T0));
      feed.ended();
    }
    assert.deepEqual(
      desk.take().filter((event) => event.includes('lost')),
      ['g1 lost t0..'],
    );
  });

  it('reads at once what had failed, when the exchange answers again', () => {
    const desk = new Desk();
    const feed = desk.begun();
    feed.missed('bad_frame', unixMs(T0));
    for (let at = 0; at <= 20_000; at += 250) {
      desk.lines.tick(monoMs(at));
      desk.questions.shift()?.answered({ kind: 'failed' }, monoMs(at));
    }
    desk.lines.tick(monoMs(22_000));
    assert.equal(desk.questions.length, 0, 'ever more seldom');
    desk.lines.hurry(monoMs(22_000));
    desk.lines.tick(monoMs(22_000));
    assert.equal(desk.questions.length, 1);
    desk.lines.hurry(monoMs(22_100));
    desk.lines.tick(monoMs(22_100));
    assert.equal(desk.questions.length, 1, 'one at a time');
  });
});
