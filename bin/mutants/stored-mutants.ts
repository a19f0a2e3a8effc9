/** Sabotages of trades of a range: the border between tape and store, what is stored, and what is said to be missing. */
import type { Mutant } from './mutant.ts';

const range = 'tests/runner/stored/read-range.test.ts';
const queue = 'tests/runner/stored/stored-trades.test.ts';
const rows = 'tests/connector/history/rows/read-rows.test.ts';

export const storedMutants: readonly Mutant[] = [
  {
    name: 'oldest-millisecond-of-the-tape-counts-as-whole',
    promise: 'What the tape has let go of a millisecond comes from the store.',
    file: 'runner/stored/range.ts',
    find: 'from: oldest + 1, to: until',
    replace: 'from: oldest, to: until',
    tests: [range],
  },
  {
    name: 'border-tells-trades-twice',
    promise: 'A trade that tape and store have is told once.',
    file: 'runner/stored/range.ts',
    find: 'return left === 0;',
    replace: 'return true;',
    tests: [range],
  },
  {
    name: 'spot-archive-is-joined-by-id',
    promise: 'Spot trades of an archive are joined by what they are.',
    file: 'runner/stored/range.ts',
    find: "const byId = category !== 'spot' ||",
    replace: 'const byId = (true as boolean) ||',
    tests: [range],
  },
  {
    name: 'page-forgets-what-was-told-of-a-millisecond',
    promise: 'A page that ended within a millisecond goes on there.',
    file: 'runner/stored/range.ts',
    find: 'return rows.slice(Math.min(here, told ?? here));',
    replace: 'return rows;',
    tests: [range],
  },
  {
    name: 'holes-of-a-range-are-silent',
    promise: 'What nobody has of a page is said.',
    file: 'runner/stored/range.ts',
    find: 'const held = united([...memory.covered, ...stored]);',
    replace: 'const held = united([...memory.covered, ...stored, { from: 0, to: memory.until }]);',
    tests: [range],
  },
  {
    name: 'gap-closed-by-the-archive-counts-as-on-the-tape',
    promise: 'Trades of a gap that only the archive has come from the store.',
    file: 'runner/stored/read-range.ts',
    find: "if (state === 'healed' && healed_by !== 'archive') return [];",
    replace: "if (state === 'healed') return [];",
    tests: [range],
  },
  {
    name: 'store-is-asked-before-the-recording-is-written',
    promise: 'What left the tape is in the files before they are read.',
    file: 'runner/stored/stored-trades.ts',
    find: 'void this.#ports.prepare(question.request).then(',
    replace: 'void Promise.resolve(true).then(',
    tests: [queue],
  },
  {
    name: 'questions-to-history-without-a-bound',
    promise: 'Only so many questions to stored history wait.',
    file: 'runner/stored/stored-trades.ts',
    find: 'this.#running.size >= atOnce && this.#waiting.size >= waiting',
    replace: '(false as boolean)',
    tests: [queue],
  },
  {
    name: 'stored-rows-end-within-a-millisecond',
    promise: 'An answer of stored trades ends with a whole millisecond.',
    file: 'connector/history/rows/newest.ts',
    find: 'while (rows[end]?.timestamp === last.timestamp) end += 1;',
    replace: '',
    tests: [rows],
  },
  {
    name: 'file-and-recording-tell-twice',
    promise: 'A trade in the file of its day and in the recording is told once.',
    file: 'connector/history/rows/newest.ts',
    find: 'timestamp >= floor && !known.has(id)',
    replace: 'timestamp >= floor',
    tests: [rows],
  },
  {
    name: 'unreadable-lines-leave-no-hole',
    promise: 'A line of a recording that cannot be read leaves a hole in what is stored.',
    file: 'connector/history/rows/newest.ts',
    find: 'recorded.spans.flatMap((span) => without(span, recorded.bad))',
    replace: 'recorded.spans',
    tests: [rows],
  },
  {
    name: 'recording-beside-the-archive',
    promise: "A day of the archive is the archive's alone.",
    file: 'connector/history/rows/io/read-rows.ts',
    find: 'if (manifest !== undefined && isFromArchive(manifest))',
    replace: 'if (manifest !== undefined && (false as boolean) && isFromArchive(manifest))',
    tests: [rows],
  },
];
