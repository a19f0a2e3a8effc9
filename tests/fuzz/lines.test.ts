/** Lines on stdio: whatever a child prints, and whatever comes in as a command, is valid or refused in words. */
import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { decodeStreamTopic } from '../../connector/stream-commands.ts';
import { obeyStdinCommand } from '../../runner/stdin-commands.ts';
import { commandSchema } from '../../shared/commands.ts';
import { errorCatalogue } from '../../shared/errors.ts';
import { eventSchema, eventSchemas } from '../../shared/events/event.ts';
import { readCommands } from '../../shared/io/lines.ts';
import { decodeCommand, decodeEvent } from '../../shared/wire.ts';
import { commandSamples, eventSamples } from './line-samples.ts';
import { mutate } from './mutations.ts';
import { Dice, scaleOf } from './scale.ts';

const defaults = { category: 'linear', symbol: 'BTCUSDT' } as const;
const mutation = (samples: number) =>
  fc.record({
    sample: fc.nat({ max: samples - 1 }),
    seed: fc.integer(),
    mutations: fc.integer({ min: 1, max: 4 }),
  });

describe('mutated lines of a child', () => {
  it('are begun from a valid line of every type', () => {
    const types = eventSamples.map((line) => {
      const decoded = decodeEvent(line, defaults);
      assert.ok(decoded.kind === 'event', `${line}: ${JSON.stringify(decoded)}`);
      return decoded.event.type;
    });
    const missing = Object.keys(eventSchemas).filter((type) => !types.some((known) => known === type));
    assert.deepEqual(missing, [], 'a new type of event needs a line in tests/fuzz/line-samples.ts');
  });

  it('decode to an event of the schema, an unknown type, or a reason', (t) => {
    const kinds = { event: 0, unknown_type: 0, bad: 0 };
    fc.assert(
      fc.property(mutation(eventSamples.length), ({ sample, seed, mutations }) => {
        const line = mutate(eventSamples[sample] ?? '', mutations, new Dice(seed));
        const decoded = decodeEvent(line, defaults);
        kinds[decoded.kind] += 1;
        if (decoded.kind === 'event') {
          for (const one of [decoded.event, JSON.parse(JSON.stringify(decoded.event)) as unknown]) {
            const checked = eventSchema.safeParse(one);
            assert.ok(checked.success, `${line.slice(0, 2_000)}: ${checked.error?.message}`);
          }
        } else {
          const told = decoded.kind === 'bad' ? decoded.reason : 'any';
          assert.ok(told.length > 0 && told.length < 2_000, `a reason of ${told.length} characters`);
        }
      }),
      scaleOf(t, { sample: 5_000, proof: 400_000 }),
    );
    t.diagnostic(JSON.stringify(kinds));
    assert.ok(Math.min(kinds.event, kinds.unknown_type, kinds.bad) > 50);
  });
});

describe('mutated commands', () => {
  it('are begun from valid ones', () => {
    for (const line of commandSamples) assert.ok(decodeCommand(JSON.parse(line)).ok, line);
  });

  it('are obeyed, or refused with a code and in words', (t) => {
    const counts = { obeyed: 0, refused: 0, unread: 0 };
    fc.assert(
      fc.property(mutation(commandSamples.length), ({ sample, seed, mutations }) => {
        const line = mutate(commandSamples[sample] ?? '', mutations, new Dice(seed));
        for (const value of valuesOf(line, counts)) {
          const decoded = decodeCommand(value);
          if (decoded.ok) {
            counts.obeyed += 1;
            assert.ok(commandSchema.safeParse(decoded.value).success);
            if (decoded.value.command === 'subscribe') decodeStreamTopic(decoded.value, 'spot');
          } else {
            counts.refused += 1;
            assert.ok(Object.hasOwn(errorCatalogue, decoded.failure.code));
            assert.ok(decoded.failure.message.length < 2_000, decoded.failure.message.slice(0, 200));
          }
          let told = 0;
          obeyStdinCommand(value, 'linear', {
            want: () => undefined,
            unwant: () => undefined,
            stats: () => ({}),
            dump: undefined,
            shutdown: () => undefined,
            reply: (reply) => {
              told += 1;
              assert.ok(eventSchema.safeParse(reply).success, JSON.stringify(reply).slice(0, 500));
            },
            complain: ({ message }) => {
              told += 1;
              assert.ok(message.length > 0);
            },
          });
          assert.ok(told <= 1, 'one answer at most');
        }
      }),
      scaleOf(t, { sample: 2_000, proof: 200_000 }),
    );
    t.diagnostic(JSON.stringify(counts));
    assert.ok(Math.min(counts.obeyed, counts.refused, counts.unread) > 50);
  });
});

/** What the reader of stdin makes of a line. */
function valuesOf(line: string, counts: { unread: number }): readonly unknown[] {
  const values: unknown[] = [];
  const stream = new PassThrough();
  readCommands(stream, 10_000, {
    onValue: (value) => values.push(value),
    onBad: () => {
      counts.unread += 1;
    },
    onEnd: () => undefined,
  });
  stream.emit('data', `${line}\n`);
  stream.emit('end');
  return values;
}
