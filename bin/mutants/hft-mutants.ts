/** Mutants of what is written for hftbacktest: rows, their order, and the file. */
import type { Mutant } from './mutant.ts';

const rows = 'connector/history/hftbacktest';
const tests = 'tests/connector/history/hftbacktest';
const golden = `${tests}/golden.test.ts`;
const mapping = [`${tests}/feed-rows.test.ts`, golden];
const order = [`${tests}/event-order.test.ts`, golden];
const files = [`${tests}/feed-file.test.ts`];

export const hftMutants: readonly Mutant[] = [
  {
    name: 'feed-clears-to-the-best',
    promise: 'A snapshot that clears a range clears to its worst price.',
    file: `${rows}/feed-rows.ts`,
    find: 'isBid ? price < worst : price > worst',
    replace: 'isBid ? price > worst : price < worst',
    tests: mapping,
  },
  {
    name: 'feed-keeps-the-old-book',
    promise: 'A book that is told whole clears what was there.',
    file: `${rows}/feed-rows.ts`,
    find: 'put(side | eventKinds.depth_clear, exch, local, bound, 0);',
    replace: 'if (levels.length === 0) put(side | eventKinds.depth_clear, exch, local, bound, 0);',
    tests: mapping,
  },
  {
    name: 'feed-receipt-in-ms',
    promise: 'Receipts are told in microseconds and written in nanoseconds.',
    file: `${rows}/feed-rows.ts`,
    find: 'const NS_OF_MICRO = 1_000n;',
    replace: 'const NS_OF_MICRO = 1_000_000n;',
    tests: mapping,
  },
  {
    name: 'feed-with-block-trades',
    promise: 'A trade off the book fills no resting order of a backtest.',
    file: `${rows}/feed-rows.ts`,
    find: "trade.block === true && this.#rules.blockTrades === 'leave_out'",
    replace: "trade.price < 0 && this.#rules.blockTrades === 'leave_out'",
    tests: mapping,
  },
  {
    name: 'feed-of-every-book',
    promise: 'A feed holds one of the books of an instrument, not several as one.',
    file: `${rows}/feed-rows.ts`,
    find: 'depth === null || (book.depth !== undefined && book.depth !== depth)',
    replace: 'depth === null',
    tests: mapping,
  },
  {
    name: 'feed-change-before-its-trade',
    promise: 'A trade stands before the change of the book that it caused.',
    file: `${rows}/event-order.ts`,
    find: 'isTrade === ((b.ev & KIND) === eventKinds.trade) ? undefined : isTrade;',
    replace: 'isTrade === ((b.ev & KIND) === eventKinds.trade) ? undefined : !isTrade;',
    tests: order,
  },
  {
    name: 'feed-local-side-forgets',
    promise: 'A row that is late for the exchange is told to the local side, too.',
    file: `${rows}/event-order.ts`,
    find: 'return isExchFirst ? this.#tell(put, exch, EXCH) : this.#tell(put, local, LOCAL);',
    replace: 'return isExchFirst ? this.#tell(put, exch, EXCH | LOCAL) : this.#tell(put, local, LOCAL);',
    tests: order,
  },
  {
    name: 'feed-received-before-it-happened',
    promise: 'No event is received before it happened.',
    file: `${rows}/event-order.ts`,
    find: 'return least < 0n ? baseLatency - least : 0n;',
    replace: 'return least < 0n ? baseLatency : 0n;',
    tests: order,
  },
  {
    name: 'feed-waits-too-briefly',
    promise: 'A row waits as long as an earlier one may still come.',
    file: `${rows}/lane.ts`,
    find: 'this.#timeOf(first) < this.#newest - this.#lateness ?',
    replace: 'this.#timeOf(first) < this.#newest ?',
    tests: order,
  },
  {
    name: 'feed-waits-to-the-end',
    promise: 'Only rows that are waited for are in memory, not the whole feed.',
    file: `${rows}/lane.ts`,
    find: 'this.#timeOf(first) < this.#newest - this.#lateness ?',
    replace: 'this.#timeOf(first) < 0n ?',
    tests: order,
  },
  {
    name: 'feed-header-unaligned',
    promise: 'Rows begin at a multiple of 64 bytes.',
    file: `${rows}/row-bytes.ts`,
    find: 'export const HEADER_BYTES = 256;',
    replace: 'export const HEADER_BYTES = 250;',
    tests: files,
  },
  {
    name: 'feed-leaves-its-drafts',
    promise: 'Nothing half written is left behind.',
    file: 'connector/history/io/feed-file.ts',
    find: 'for (const name of [rows, npy, npz]) await removeQuietly(name);',
    replace: 'for (const name of [npy, npz]) await removeQuietly(name);',
    tests: files,
  },
  {
    name: 'feed-leftovers-of-others',
    promise: 'What a living run writes is not cleared away.',
    file: 'connector/history/io/feed-file.ts',
    find: 'if (pid !== undefined && !isRunning(Number(pid)))',
    replace: 'if (pid !== undefined)',
    tests: files,
  },
];
