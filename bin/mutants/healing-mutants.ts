/** Sabotages of what fills gaps, and of raced sockets. */
import type { Mutant } from './mutant.ts';

const stream = 'tests/connector/stream-healing.test.ts';
const line = 'tests/connector/session/trade-line.test.ts';
const truth = 'tests/connector/session/trade-line-truth.test.ts';
const healing = 'tests/connector/rest/healing.test.ts';
const race = 'tests/connector/session/race/race.test.ts';
const raced = 'tests/connector/stream-redundancy.test.ts';

export const healingMutants: readonly Mutant[] = [
  {
    name: 'healed-too-early',
    promise: 'A gap is healed only by a list that holds both its ends.',
    file: 'connector/session/trade-overlap.ts',
    find: "if (start !== undefined) return { kind: 'head',",
    replace: "if (start !== undefined) return { kind: 'whole',",
    tests: [line, truth],
  },
  {
    name: 'healed-twice',
    promise: 'What was filled in is not told again when the socket brings it.',
    file: 'connector/session/trade-line-union.ts',
    find: '|| this.#gaps.filled.has(id)',
    replace: '',
    tests: [stream, line, truth],
  },
  {
    name: 'resume-ignored',
    promise: 'A new connector goes on where the runner says.',
    file: 'connector/command-desk.ts',
    find: 'this.#ports.want(topic, command.resume && placeOf(command.resume));',
    replace: 'this.#ports.want(topic, undefined);',
    tests: [stream],
  },
  {
    name: 'gap-of-the-runner-unnamed',
    promise: 'A new connector tells what became of the gap by the name that the runner gave it.',
    file: 'connector/session/trade-line.ts',
    find: "this.#gaps.open('child_died', place, at, gap_id);",
    replace: "this.#gaps.open('child_died', place, at);",
    tests: [stream],
  },
  {
    name: 'lost-by-a-stop',
    promise: 'A connector that only stops leaves its gaps to the next one.',
    file: 'connector/session/trade-lines.ts',
    find: 'line.stop(false)',
    replace: 'line.stop(true)',
    tests: [stream],
  },
  {
    name: 'heals-what-nobody-wants',
    promise: 'Nothing is asked for a topic that was given up.',
    file: 'connector/session/trade-lines.ts',
    find: 'entry?.line.stop(true);',
    replace: '',
    tests: [stream],
  },
  {
    name: 'busiest-not-first',
    promise: 'The lists of the busiest topics are read first.',
    file: 'connector/rest/healing.ts',
    find: 'weight > most',
    replace: 'busiest === undefined',
    tests: [healing],
  },
  {
    name: 'unreadable-list-trusted',
    promise: 'A list with rows that cannot be read heals nothing.',
    file: 'connector/rest/healing.ts',
    find: 'return bad === 0 ? undefined',
    replace: 'return bad >= 0 ? undefined',
    tests: [healing],
  },
  {
    name: 'healed-into-a-full-queue',
    promise: 'What would find no room on the way to the runner is not called healed.',
    file: 'connector/rest/healing.ts',
    find: 'const failure = isOverloaded() ? overloaded : result.ok ? unreadable',
    replace: 'const failure = result.ok ? unreadable',
    tests: [healing],
  },
  {
    name: 'healing-forgotten-by-a-death',
    promise: 'After a death in the middle of healing the next connector goes on behind what was told.',
    file: 'runner/intake/gaps-places.ts',
    find: 'if (lastHealed !== undefined && isNewer(lastHealed, last)) return boundOf(lastHealed);',
    replace: '',
    tests: ['tests/runner/intake/gaps-channels.test.ts'],
  },
  {
    name: 'books-merged',
    promise: 'Books of two sockets are never merged: one of them is told.',
    file: 'connector/session/race/raced-topic.ts',
    find: 'const isAwaited = this.#active === undefined || this.#gap !== undefined || this.#isOrphan;',
    replace: 'const isAwaited = true;',
    tests: [race, raced],
  },
  {
    name: 'spare-forgets-the-newest',
    promise: 'When the spare takes over, what it knows beyond the last update that was told is told, too.',
    file: 'connector/session/race/spare.ts',
    find: 'const events = [snapshot, ...this.#waiting];',
    replace: 'const events = [snapshot];',
    tests: [race],
  },
  {
    name: 'hole-before-the-spare',
    promise: 'Where the spare began after what was told last, a gap is told.',
    file: 'connector/session/race/spare.ts',
    find: 'return { events, isWhole: last === undefined || !isAfter(base, last) };',
    replace: 'return { events, isWhole: true };',
    tests: [race],
  },
  {
    name: 'stale-although-it-flows',
    promise: 'A topic is stale only when it flows on none of its sockets.',
    file: 'connector/session/race/race-entry.ts',
    find: 'if (isElsewhere) return;',
    replace: '',
    tests: [race],
  },
  {
    name: 'liquidation-twice',
    promise: 'A liquidation that both sockets bring is told once.',
    file: 'connector/session/race/spare.ts',
    find: 'this.#waiting.splice(place, 1);\n      return;',
    replace: 'return;',
    tests: [race],
  },
  {
    name: 'candle-twice',
    promise: 'A closed candle that both sockets bring is told once.',
    file: 'connector/session/race/raced-candles.ts',
    find: 'if (this.#closed.has(start)) return;',
    replace: '',
    tests: [race],
  },
  {
    name: 'raced-sockets-share-numbers',
    promise: 'A number of a socket is never given to another one of its market.',
    file: 'connector/session/market.ts',
    find: 'const numbers = { first: replica, step: redundancy };',
    replace: 'const numbers = { first: 0, step: 1 };',
    tests: [raced],
  },
];
