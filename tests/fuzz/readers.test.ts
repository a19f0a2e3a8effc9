/** Whatever the exchange sends becomes a valid event or a reason in words: never an exception, never a NaN. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import fc from 'fast-check';
import { eventSchema } from '../../shared/events/event.ts';
import { mutate } from './mutations.ts';
import { notReaders, type Reader, readers } from './readers.ts';
import { Dice, scaleOf } from './scale.ts';

const dialect = path.resolve(import.meta.dirname, '../../connector/bybit');

/** Reads a text and judges what came of it. Answers whether it gave events, and whether it was refused. */
function judge(reader: Reader, text: string): { readonly events: number; readonly isRefused: boolean } {
  const { events, figures = [], refusal } = reader.read(text);
  for (const event of events) {
    // What leaves is its text, so that must be valid, too; a NaN would be a null there.
    for (const one of [event, JSON.parse(JSON.stringify(event)) as unknown]) {
      const checked = eventSchema.safeParse(one);
      assert.ok(checked.success, `${JSON.stringify(event).slice(0, 2_000)}: ${checked.error?.message}`);
    }
  }
  for (const figure of figures) assert.ok(Number.isFinite(figure), `${figure} is not a number`);
  assert.ok(refusal === undefined || refusal.length > 0, 'a refusal says why');
  return { events: events.length, isRefused: refusal !== undefined };
}

describe('mutated frames and answers', () => {
  for (const reader of readers) {
    const name = reader.of.join(', ');
    it(`are valid events or a reason: ${name}`, (t) => {
      const reached = { events: 0, refused: 0 };
      const scale = scaleOf(t, { sample: 2_000, proof: 200_000 });
      const run = fc.record({
        sample: fc.nat({ max: reader.samples.length - 1 }),
        seed: fc.integer(),
        mutations: fc.integer({ min: 1, max: 4 }),
      });
      fc.assert(
        fc.property(run, ({ sample, seed, mutations }) => {
          const text = mutate(reader.samples[sample] ?? reader.samples[0], mutations, new Dice(seed));
          try {
            const { events, isRefused } = judge(reader, text);
            if (events > 0) reached.events += 1;
            if (isRefused) reached.refused += 1;
          } catch (error) {
            throw new Error(`${name} reads ${text.slice(0, 3_000)}`, { cause: error });
          }
        }),
        scale,
      );
      t.diagnostic(`${name}: ${reached.events} runs gave events, ${reached.refused} were refused`);
      const givesEvents = reader.samples.some((sample) => judge(reader, sample).events > 0);
      const least = scale.numRuns / 50;
      assert.ok(
        !givesEvents || reached.events > least,
        `${reached.events} gave events: the mutations are too wild`,
      );
      assert.ok(
        !givesEvents || reached.refused > least,
        `${reached.refused} were refused: they are too tame`,
      );
    });
  }
});

describe('the table of readers', () => {
  it('reads its samples without a complaint', () => {
    for (const reader of readers) {
      if (reader.of.includes('parseFrame') || reader.of.includes('readAnswer')) continue;
      for (const sample of reader.samples)
        assert.ok(
          judge(reader, sample).events > 0 || !judge(reader, sample).isRefused,
          `${reader.of[0]}: ${sample}`,
        );
    }
  });

  it('has a row for everything that the dialect exports', async () => {
    const known = new Set([...readers.flatMap(({ of }) => of), ...Object.keys(notReaders)]);
    const found = new Set<string>();
    for (const file of readdirSync(dialect)) {
      const module: object = await import(pathToFileURL(path.join(dialect, file)).href);
      for (const [name, value] of Object.entries(module)) if (typeof value === 'function') found.add(name);
    }
    assert.ok(found.size > 20);
    const missing = [...found].filter((name) => !known.has(name));
    assert.deepEqual(missing, [], 'a new reader needs a row in tests/fuzz/readers.ts');
    const gone = [...known].filter((name) => !found.has(name));
    assert.deepEqual(gone, [], 'these rows are of readers that are gone');
  });
});
