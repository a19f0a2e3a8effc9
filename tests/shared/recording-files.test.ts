/** Where recorded trades are, and what a file of spans says is complete. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  dateOfRecording,
  instrumentOfFolder,
  missedLine,
  recordingFolder,
  spanLine,
  spansOfLines,
} from '../../shared/recording-files.ts';

describe('lines of spans', () => {
  it('add up, take back, and count only when they are whole', () => {
    const text = [
      spanLine({ from: 10, to: 20 }),
      spanLine({ from: 20, to: 30 }),
      spanLine({ from: 50, to: 60 }),
      spanLine({ from: 5, to: 12 }),
      missedLine({ from: 15, to: 18 }),
      'nonsense\n',
      spanLine({ from: 16, to: 17 }),
      '{"from":100,"to":200}',
    ].join('');
    assert.deepEqual(spansOfLines(text), [
      { from: 5, to: 15 },
      { from: 16, to: 17 },
      { from: 18, to: 30 },
      { from: 50, to: 60 },
    ]);
    assert.deepEqual(spansOfLines(''), []);
  });

  it('say of each moment what the last line about it said', () => {
    const line = fc.record({ from: fc.nat(40), length: fc.nat(12), isMissed: fc.boolean() });
    fc.assert(
      fc.property(fc.array(line, { maxLength: 30, size: 'max' }), (lines) => {
        const seen = new Array<boolean>(60).fill(false);
        let text = '';
        for (const { from, length, isMissed } of lines) {
          const span = { from, to: from + length };
          text += isMissed ? missedLine(span) : spanLine(span);
          seen.fill(!isMissed, span.from, span.to);
        }
        const spans = spansOfLines(text);
        const read = seen.map((_, at) => spans.some(({ from, to }) => at >= from && at < to));
        assert.deepEqual(read, seen);
        for (const [place, { from }] of spans.entries())
          assert.ok(
            place === 0 || (spans[place - 1]?.to ?? 0) < from,
            'ascending, and none touches the next',
          );
      }),
    );
  });
});

describe('the folder of a recording', () => {
  const of = { environment: 'simulated', category: 'spot', symbol: 'BTCUSDT' } as const;

  it('names environment, market and symbol, and is found again by them', () => {
    assert.equal(recordingFolder('/r', of), '/r/simulated/spot/BTCUSDT');
    assert.deepEqual(instrumentOfFolder('simulated', 'spot', 'BTCUSDT'), of);
    assert.equal(instrumentOfFolder('simulated', 'spot', 'lost+found'), undefined);
    assert.equal(instrumentOfFolder('elsewhere', 'spot', 'BTCUSDT'), undefined);
  });

  it('is never another one: a symbol that is none is refused', () => {
    assert.throws(() => recordingFolder('/r', { ...of, symbol: '../../etc' }), /is no symbol/);
  });

  it('has two files a day, and others are not ours', () => {
    assert.equal(dateOfRecording('2026-08-01.jsonl'), '2026-08-01');
    assert.equal(dateOfRecording('2026-08-01.spans.jsonl'), '2026-08-01');
    for (const name of ['2026-02-30.jsonl', '2026-08-01.json', 'x2026-08-01.jsonl', '2026-08-01.jsonl.gz'])
      assert.equal(dateOfRecording(name), undefined, name);
  });
});
