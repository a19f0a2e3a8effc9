/** What lines that wait for a slow reader cost in memory. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BookPlaces } from '../../../connector/outbox/book-places.ts';
import { Way } from '../../../connector/outbox/way.ts';
import { splicedBook, splicedTrade } from '../../helpers/spliced.ts';

const PIECE_BYTES = 64 * 1024;

const trade = splicedTrade({
  id: '2f0b4d4e-5b8a-5c3e-9d8e-6f1f0f6b7a11',
  timestamp: 1_750_000_000_000,
  price: 65_114.5,
  qty: 0.125,
  side: 'buy',
  seq: 1,
});

const levels = Array.from({ length: 25 }, (_, index) => [65_000 + index, 1.5] as const);
const book = splicedBook({
  action: 'delta',
  last_update_id: 42,
  seq: 2,
  timestamp: 1_750_000_000_000,
  bids: levels,
  asks: [],
});

function blockedWay(): { readonly way: Way; readonly fill: (rounds: number) => void } {
  const way = new Way(
    () => undefined,
    () => true,
  );
  const place = new BookPlaces().of(book);
  const fill = (rounds: number): void => {
    for (let round = 0; round < rounds; round += 1) {
      way.send(trade);
      way.send(book, { place, id: round, at: book.timestamp, seq: round });
    }
  };
  return { way, fill };
}

test('books that are given up leave no memory behind among the trades that wait on', () => {
  const { way, fill } = blockedWay();
  fill(20_000);
  const before = way.heldBytes;
  way.takeBooks();
  assert.ok(before > 1.5 * way.bytes, `books took memory: ${before}`);
  assert.ok(way.heldBytes < way.bytes + 2 * PIECE_BYTES, `${way.heldBytes} held for ${way.bytes} bytes`);
});

test('all memory of lines is free again when nothing waits', () => {
  let isBlocked = true;
  const way = new Way(
    () => undefined,
    () => isBlocked,
  );
  for (let round = 0; round < 5_000; round += 1) way.send(trade);
  assert.ok(way.heldBytes > 0);
  isBlocked = false;
  way.pump();
  assert.deepEqual(
    { held: way.heldBytes, bytes: way.bytes, lines: way.lines },
    { held: 0, bytes: 0, lines: 0 },
  );
});

test('the bound counts the objects that keep a line, which short lines have half as many bytes of', () => {
  const { way, fill } = blockedWay();
  fill(50_000);
  // Measured with a forced collection: 123 bytes of heap a trade, 228 an update of a book.
  assert.ok(
    way.bytes > way.heldBytes + 50_000 * (120 + 200),
    `${way.bytes} for ${way.heldBytes} outside of the heap`,
  );
});
