/** Where recorded trades are, and what a file of spans says is complete. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  dateOfRecording,
  durableLine,
  freshLine,
  instrumentOfFolder,
  lostLine,
  missedLine,
  missedOfLines,
  recordingFolder,
  spansOfLines,
  tagOf,
} from '../../shared/recording-files.ts';
import { spanLine } from '../helpers/recordings.ts';

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
    assert.deepEqual(spansOfLines(text, undefined), [
      { from: 5, to: 15 },
      { from: 16, to: 17 },
      { from: 18, to: 30 },
      { from: 50, to: 60 },
    ]);
    assert.deepEqual(spansOfLines('', 'b1'), []);
  });

  it('count while the machine runs on, and for good once they are confirmed', () => {
    const text = [
      freshLine({ from: 10, to: 20 }, 'b1'),
      durableLine('b1'),
      freshLine({ from: 20, to: 30 }, 'b1'),
    ].join('');
    assert.deepEqual(spansOfLines(text, 'b1'), [{ from: 10, to: 30 }]);
    for (const boot of ['b2', undefined]) assert.deepEqual(spansOfLines(text, boot), [{ from: 10, to: 20 }]);
    const more = text + freshLine({ from: 40, to: 50 }, 'b2');
    assert.deepEqual(
      spansOfLines(more + durableLine('b2'), 'b2'),
      [
        { from: 10, to: 20 },
        { from: 40, to: 50 },
      ],
      'a later boot confirms nothing of the one before',
    );
    assert.deepEqual(spansOfLines(text + lostLine('b1'), 'b1'), [{ from: 10, to: 20 }]);
    assert.deepEqual(spansOfLines(text + lostLine('b1') + durableLine('b1'), 'b1'), [{ from: 10, to: 20 }]);
  });

  it('of several runs count while the machine runs on; each run confirms its own, and what is lost is so for all', () => {
    const [first, second] = [tagOf('b1', 'r1'), tagOf('b1', 'r2')];
    const text = freshLine({ from: 10, to: 20 }, first) + freshLine({ from: 30, to: 40 }, second);
    const [one, two] = [
      { from: 10, to: 20 },
      { from: 30, to: 40 },
    ];
    assert.deepEqual(spansOfLines(text, 'b1'), [one, two]);
    for (const boot of ['b', 'b1.r1', 'b11', 'b2', undefined]) assert.deepEqual(spansOfLines(text, boot), []);
    assert.deepEqual(spansOfLines(text + durableLine(second), 'b1'), [one, two]);
    assert.deepEqual(spansOfLines(text + durableLine(second), 'b2'), [two]);
    assert.deepEqual(
      spansOfLines(text + durableLine('b1'), 'b2'),
      [],
      'a boot alone is the tag of an earlier version',
    );
    assert.deepEqual(spansOfLines(text + lostLine(second), 'b1'), []);
    assert.deepEqual(spansOfLines(text + missedLine({ from: 15, to: 35 }), 'b1'), [
      { from: 10, to: 15 },
      { from: 35, to: 40 },
    ]);
    const unknown = freshLine({ from: 1, to: 2 }, tagOf(undefined, 'r1'));
    assert.deepEqual(spansOfLines(unknown + durableLine(tagOf(undefined, 'r2')), undefined), []);
    assert.deepEqual(spansOfLines(unknown + durableLine(tagOf(undefined, 'r1')), undefined), [
      { from: 1, to: 2 },
    ]);
  });

  it('that take back are told as they stand', () => {
    const text = `${freshLine({ from: 1, to: 9 }, 'b1.r1')}${missedLine({ from: 3, to: 5 })}{"missed_from":1,"to":2}\n`;
    assert.deepEqual(missedOfLines(text), [{ from: 3, to: 5 }]);
  });

  const line = fc.record({
    kind: fc.constantFrom('span', 'span', 'fresh', 'fresh', 'fresh', 'missed', 'durable', 'lost', 'boot'),
    from: fc.nat(40),
    length: fc.nat(12),
  });
  type Line = { readonly kind: string; readonly from: number; readonly length: number };
  /** `boot`: the machine starts anew. */
  function textsOf(lines: readonly Line[]): { readonly texts: readonly string[]; readonly boot: string } {
    let boot = 1;
    const texts = lines.map(({ kind, from, length }) => {
      const span = { from, to: from + length };
      if (kind === 'boot') boot += 1;
      if (kind === 'span') return spanLine(span);
      if (kind === 'fresh') return freshLine(span, `b${boot}`);
      if (kind === 'missed') return missedLine(span);
      if (kind === 'durable') return durableLine(`b${boot}`);
      return kind === 'lost' ? lostLine(`b${boot}`) : '';
    });
    return { texts, boot: `b${boot}` };
  }
  const momentsOf = (text: string, boot: string | undefined): readonly boolean[] => {
    const spans = spansOfLines(text, boot);
    for (const [place, { from }] of spans.entries())
      assert.ok(place === 0 || (spans[place - 1]?.to ?? 0) < from, 'ascending, and none touches the next');
    return Array.from({ length: 60 }, (_, at) => spans.some(({ from, to }) => at >= from && at < to));
  };

  it('say of each moment what the last line about it said', () => {
    fc.assert(
      fc.property(fc.array(line, { maxLength: 30, size: 'max' }), (lines) => {
        const confirmed = new Array<boolean>(60).fill(false);
        const fresh = new Array<boolean>(60).fill(false);
        for (const { kind, from, length } of lines) {
          const to = from + length;
          if (kind === 'span' || kind === 'missed') confirmed.fill(kind === 'span', from, to);
          if (kind === 'fresh' || kind === 'missed') fresh.fill(kind === 'fresh', from, to);
          if (kind === 'durable') for (const [at, is] of fresh.entries()) confirmed[at] ||= is;
          if (kind !== 'span' && kind !== 'fresh' && kind !== 'missed') fresh.fill(false);
        }
        const { texts, boot } = textsOf(lines);
        const text = texts.join('');
        assert.deepEqual(
          momentsOf(text, boot),
          confirmed.map((is, at) => is || fresh[at] === true),
        );
        assert.deepEqual(momentsOf(text, 'b99'), confirmed);
        assert.deepEqual(momentsOf(text, undefined), confirmed);
      }),
    );
  });

  it('say no more when a failure of the power has cost some of them, or made zeros of them', () => {
    const choice = fc.constantFrom('whole', 'whole', 'gone', 'zeros', 'torn');
    fc.assert(
      fc.property(fc.array(fc.tuple(line, choice), { maxLength: 30, size: 'max' }), (lines) => {
        const { texts, boot } = textsOf(lines.map(([one]) => one));
        // What takes back is confirmed, with all above it, before anything is noted below it.
        const sure = lines.findLastIndex(([{ kind }]) => kind === 'missed' || kind === 'lost');
        const left = texts.map((text, at) => {
          const what = at <= sure ? 'whole' : lines[at]?.[1];
          if (what === 'whole') return text;
          const kept = what === 'torn' ? text.length >> 1 : 0;
          return what === 'gone' ? '' : text.slice(0, kept) + '\0'.repeat(text.length - kept);
        });
        for (const present of [boot, 'b99', undefined]) {
          const whole = momentsOf(texts.join(''), present);
          for (const [at, is] of momentsOf(left.join(''), present).entries())
            assert.ok(!is || whole[at] === true, `moment ${at} at ${present}`);
        }
      }),
      { numRuns: 300 },
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
