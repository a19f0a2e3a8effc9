/** Sabotages of what each channel is promised: on the way from the exchange, and on the way to a slow reader. */
import type { Mutant } from './mutant.ts';

const outbox = 'tests/connector/outbox.test.ts';
const repeats = 'tests/connector/session/trades/trade-line-repeats.test.ts';
const policies = 'tests/connector/outbox/policies.test.ts';

export const channelMutants: readonly Mutant[] = [
  {
    name: 'depth-kept-under-overload',
    promise: 'When the reader is too slow the depth is given up first, and trades keep their place.',
    file: 'connector/outbox/depth-lane.ts',
    find: 'for (const { place } of this.#way.takeBooks()) {',
    replace: 'for (const { place } of this.#maxBytes > 0 ? [] : this.#way.takeBooks()) {',
    tests: [outbox],
  },
  {
    name: 'torn-book-after-overload',
    promise: 'A book that was given up passes again only from a fresh snapshot.',
    file: 'connector/outbox/depth-lane.ts',
    find: "if (!(state.isRefetched && event.action === 'snapshot')) return false;",
    replace: 'if (!state.isRefetched) return false;',
    tests: [outbox],
  },
  {
    name: 'given-up-book-without-a-gap',
    promise: 'A book that was given up has a gap that begins at its last update that left.',
    file: 'connector/outbox/way.ts',
    find: 'noteLeft(next.book.place, next.book.id, next.book.at, next.book.seq);',
    replace: '',
    tests: [policies],
  },
  {
    name: 'trades-dropped-without-a-gap',
    promise: 'Trades that find no room are told as one gap.',
    file: 'connector/session/trades/trade-line-gaps.ts',
    find: "if (this.pending.endless === undefined) this.pending.open('overload', from, at).missing = 0;",
    replace: '',
    tests: [outbox, 'tests/connector/session/trades/trade-line-room.test.ts'],
  },
  {
    name: 'queue-unbounded',
    promise: 'Lines waiting for the reader are bounded.',
    file: 'connector/outbox.ts',
    find: 'return this.#way.bytes <= room;',
    replace: 'return true;',
    tests: [outbox],
  },
  {
    name: 'ticker-passes-its-gap',
    promise: 'A newer ticker never takes the place of one that waits before a gap of its topic.',
    file: 'connector/outbox.ts',
    find: 'if (!this.#way.isFree) this.#setBarrier(event);',
    replace: '',
    tests: [policies],
  },
  {
    name: 'lone-change-of-a-ticker-told',
    promise: 'After a lost connection a change of a ticker leaves only after a snapshot.',
    file: 'connector/session/feeds/ticker-watch.ts',
    find: 'this.#known = undefined;',
    replace: '',
    tests: ['tests/connector/session/feeds/ticker-watch.test.ts'],
  },
  {
    name: 'closed-candle-told-twice',
    promise: 'A closed candle is told once, however often the exchange repeats it.',
    file: 'connector/session/feeds/candle-line.ts',
    find: 'this.#expected = closed ? neighbourStart(this.#interval, start, 1) : start;',
    replace: 'this.#expected = start;',
    tests: ['tests/connector/session/feeds/candle-line.test.ts'],
  },
  {
    name: 'missed-close-untold',
    promise: 'A close of a candle that was not seen is a gap.',
    file: 'connector/session/feeds/candle-line.ts',
    find: 'if (expected !== undefined && start > expected) this.#missedClose(expected, start, at);',
    replace: '',
    tests: ['tests/connector/session/feeds/candle-line.test.ts'],
  },
  {
    name: 'liquidated-side-turned-round',
    promise: 'The side of a liquidation is that of the position: Buy means that a long was liquidated.',
    file: 'connector/bybit/liquidations.ts',
    find: "position: side === 'Buy' ? 'long' : 'short',",
    replace: "position: side === 'Buy' ? 'short' : 'long',",
    tests: ['tests/connector/bybit/liquidations.test.ts'],
  },
  {
    name: 'lost-book-without-a-gap',
    promise: 'A lost connection opens a gap of every book, which its snapshot heals.',
    file: 'connector/session/feeds/snapshot-gap.ts',
    find: 'this.#emit(this.#open);',
    replace: '',
    tests: ['tests/connector/session/feeds/book-gaps.test.ts'],
  },
  {
    name: 'status-without-room-forgotten',
    promise:
      'A status that found no room is told when there is some: the reader ends with the state that is.',
    file: 'connector/outbox.ts',
    find: 'if (!this.#late.keep(event)) this.#dropTold();',
    replace: 'this.#dropTold();',
    tests: ['tests/connector/outbox/policies.test.ts'],
  },
  {
    name: 'end-of-a-recording-unmarked',
    promise: 'What is left out up to the end of a recording is marked at its end.',
    file: 'connector/io/recorder.ts',
    find: 'markLost(lostAt);',
    replace: '',
    tests: ['tests/connector/io/recorder.test.ts'],
  },
  {
    name: 'repeated-trade-takes-the-line-back',
    promise:
      'A trade that one socket brings again is not taken for the newest: the next gap begins behind all that was told.',
    file: 'connector/session/trades/trade-line.ts',
    find: 'this.#union.newest.advance(last);',
    replace: 'this.#union.newest.follow(last);',
    tests: [repeats],
  },
  {
    name: 'impossible-time-holds-the-line',
    promise: 'A trade of the far future is not the newest for ever.',
    file: 'connector/session/trades/last-trade.ts',
    find: 'if (received_at !== undefined && this.#timestamp > received_at / 1_000 + FUTURE_MS) return false;',
    replace: '',
    tests: [repeats],
  },
];
