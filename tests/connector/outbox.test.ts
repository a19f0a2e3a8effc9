/** What a slow reader gets: a bounded queue, and the truth about what it did not get. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { UnnumberedEvent } from '../../shared/events/event.ts';
import { depth, type Line, Reader, trade } from './outbox/reader.ts';

const beat = (): UnnumberedEvent => ({ type: 'status', status: 'heartbeat', scope: 'process' });

test('lines are numbered from 1 without a jump, in any mix of types, read at once or late', () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom('trade', 'depth', 'beat', 'reply', 'error', 'block', 'read'), {
        maxLength: 300,
        size: 'max',
      }),
      (steps) => {
        const reader = new Reader(4_000);
        reader.outbox.offer(depth('snapshot'));
        for (const step of steps) {
          if (step === 'trade') reader.outbox.offer(trade());
          if (step === 'depth') reader.outbox.offer(depth('delta'));
          if (step === 'beat') reader.outbox.offer(beat());
          if (step === 'reply') reader.outbox.offer({ type: 'reply', id: 'x', ok: true });
          if (step === 'error') reader.outbox.offer({ type: 'error', error: 'x' });
          if (step === 'block') reader.blocked = true;
          if (step === 'read') reader.read();
          assert.ok(reader.outbox.bytes <= 4_000 + 4_000, `bounded: ${reader.outbox.bytes}`);
        }
        reader.read();
        assert.deepEqual(
          reader.lines.map(({ n }) => n),
          reader.lines.map((_, index) => index + 1),
        );
        assert.equal(reader.outbox.lines, 0);
      },
    ),
  );
});

test('every trade is read once or lies inside exactly one gap whose ends are its neighbours', () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom('trade', 'trade', 'trade', 'other', 'depth', 'block', 'read'), {
        maxLength: 400,
        size: 'max',
      }),
      (steps) => {
        const reader = new Reader(2_000);
        const truth: string[] = [];
        for (const step of [...steps, 'read', 'trade', 'other'] as const) {
          if (step === 'trade' || step === 'other') {
            const event = trade(step === 'other' ? 'ETHUSDT' : 'BTCUSDT');
            truth.push(`${event.symbol} ${event.id}`);
            reader.tell(event);
          }
          if (step === 'depth') reader.outbox.offer(depth('delta'));
          if (step === 'block') reader.blocked = true;
          if (step === 'read') reader.read();
        }
        reader.read();
        for (const symbol of ['BTCUSDT', 'ETHUSDT'])
          checkSymbol(
            reader.lines.filter((line) => line['symbol'] === symbol),
            truth.filter((entry) => entry.startsWith(symbol)).map((entry) => entry.split(' ')[1] ?? ''),
          );
      },
    ),
    { numRuns: 500 },
  );
});

function checkSymbol(lines: readonly Line[], all: readonly string[]): void {
  // What was given up before anything was told lies before the beginning.
  const begin = lines.find(({ type }) => type === 'trade')?.id ?? '';
  const truth = all.slice(all.indexOf(begin));
  const told = lines.filter(({ type }) => type === 'trade').map(({ id }) => id ?? '');
  assert.equal(new Set(told).size, told.length);
  const covered = new Set(told);
  const ends = new Map<string, { from: { id: string } | null; to: { id: string } | null }>();
  for (const line of lines)
    if (line.type === 'gap' && line['channel'] === 'trades') ends.set(String(line['gap_id']), line as never);
  for (const { from, to } of ends.values()) {
    const first = from === null ? 0 : truth.indexOf(from.id) + 1;
    const last = to === null ? truth.length : truth.indexOf(to.id);
    const inside = truth.slice(first, last);
    assert.ok(inside.length > 0, 'a gap holds something');
    for (const id of inside) {
      assert.equal(covered.has(id), false, `${id} is told twice`);
      covered.add(id);
    }
    assert.notEqual(to, null, 'the reader reads again, so the gap has an end');
  }
  assert.deepEqual(
    truth.filter((id) => !covered.has(id)),
    [],
  );
}

test('however long the reader is away, what waits stays bounded, and the trades that found no room are one gap', () => {
  const reader = new Reader(3_000);
  reader.tell(trade());
  reader.blocked = true;
  for (let count = 0; count < 1_000; count += 1) {
    reader.tell(trade());
    assert.ok(reader.outbox.bytes <= 3_000 + 1_000, `${reader.outbox.bytes} bytes wait`);
  }
  const { droppedTrades } = reader;
  assert.ok(droppedTrades > 900);
  reader.read();
  reader.tell(trade());
  const gaps = reader.lines.filter(({ type }) => type === 'gap');
  assert.equal(new Set(gaps.map((gap) => gap['gap_id'])).size, 1);
  assert.deepEqual([gaps.at(-1)?.['cause'], gaps.at(-1)?.['missing']], ['overload', droppedTrades]);
});

test('past the bound the depth goes first, is told as resync, and passes again only from a fresh snapshot', () => {
  const reader = new Reader(3_000);
  reader.outbox.offer(depth('snapshot'));
  reader.blocked = true;
  for (let count = 0; count < 100; count += 1) reader.outbox.offer(depth('delta'));
  reader.tell(trade());
  assert.ok(reader.outbox.counts.droppedDepth > 80);
  assert.equal(reader.droppedTrades, 0);
  assert.equal(reader.refetched.length, 0, 'not before the queue has drained');
  reader.read();
  assert.deepEqual(
    reader.refetched.map(({ symbol, depth: levels }) => [symbol, levels]),
    [['BTCUSDT', 50]],
  );
  reader.outbox.offer(depth('delta'));
  reader.outbox.offer(depth('snapshot'));
  reader.outbox.offer(depth('delta'));
  const told = reader.lines.map((line) =>
    line.type === 'status' ? line['status'] : line.type === 'depth' ? line.action : line.type,
  );
  assert.deepEqual(told, ['snapshot', 'resync', 'gap', 'trade', 'gap', 'snapshot', 'delta']);
});

test('heartbeats and replies overtake the queue, and only the newest heartbeat waits', () => {
  const reader = new Reader(100_000);
  reader.blocked = true;
  for (let count = 0; count < 10; count += 1) reader.outbox.offer(trade());
  reader.outbox.offer(beat());
  reader.outbox.offer({ type: 'reply', id: 'c1', ok: true });
  reader.outbox.offer(beat());
  reader.read();
  assert.deepEqual(
    reader.lines.slice(0, 3).map(({ type }) => type),
    ['reply', 'status', 'trade'],
  );
  assert.equal(reader.lines.filter(({ type }) => type === 'status').length, 1);
});
