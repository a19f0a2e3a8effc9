/** Sabotages of what the recorder of trades promises: nothing is claimed that is not on the disk, and nothing is there twice. */
import type { Mutant } from './mutant.ts';

const recorder = 'tests/runner/history/recorder.test.ts';
const files = 'tests/runner/history/io/journal-files.test.ts';
const truth = 'tests/runner/history/recorder-truth.test.ts';

export const recorderMutants: readonly Mutant[] = [
  {
    name: 'newest-millisecond-claimed',
    promise: 'Nothing is claimed of a millisecond that may not be over.',
    file: 'runner/history/seen-spans.ts',
    find: '[{ from: this.#begin, to: this.#newest }]',
    replace: '[{ from: this.#begin, to: this.#newest + 1 }]',
    tests: [recorder, truth],
  },
  {
    name: 'gap-claimed-as-recorded',
    promise: 'What lies in an open gap is not said to be complete.',
    file: 'runner/history/seen-spans.ts',
    find: 'this.#holes.set(id, { from: start, to: (to?.timestamp ?? Number.POSITIVE_INFINITY) + 1 });',
    replace: '',
    tests: [recorder, truth],
  },
  {
    name: 'dropped-trades-claimed',
    promise: 'The time of trades that found no room is not said to be complete.',
    file: 'runner/history/recorder.ts',
    find: 'return seen.missed(trade.timestamp, trade.timestamp + 1);',
    replace: 'return;',
    tests: [recorder, truth],
  },
  {
    name: 'claims-of-a-failed-write',
    promise: 'What could not be written is not claimed, nor is what rests on it.',
    file: 'runner/history/io/journal-files.ts',
    find: 'const isRefused = failed.has(place) || (this.#failedIn.get(folder) ?? 0) > batch.known;',
    replace: 'const isRefused = failed.size > 1_000;',
    tests: [files],
  },
  {
    name: 'claimed-before-it-is-confirmed',
    promise: 'Nothing is claimed before the disk has confirmed the trades.',
    file: 'runner/history/io/journal-files.ts',
    find: 'if (!isMissed && (isRefused || soft.has(folder))) {',
    replace: 'if (!isMissed && isRefused) {',
    tests: [files],
  },
  {
    name: 'torn-line-written-on',
    promise: 'A last line without its end, left by a kill, is cut off before anything is added.',
    file: 'runner/history/io/journal-files.ts',
    find: 'ftruncateSync(fd, end);',
    replace: '',
    tests: [files],
  },
  {
    name: 'healed-twice-recorded-twice',
    promise: 'What the run before has recorded is not recorded again when it is healed.',
    file: 'runner/history/io/journal-files.ts',
    find: "if (known?.has(rows.ids[row] ?? '') === true) doubles += 1;",
    replace: 'if (known === undefined && doubles > 0) doubles += 1;',
    tests: [files, truth],
  },
  {
    name: 'cut-answered-without-what-waits',
    promise: 'A cut has every trade that was told before it.',
    file: 'runner/history/recorder.ts',
    find: "const written = await this.#flush(this.#options.clock.monoMs(), 'cut');",
    replace:
      "await Promise.all(this.#sent); const written = await this.#flush(this.#options.clock.monoMs(), 'cut');",
    tests: [recorder],
  },
  {
    name: 'given-up-topic-claimed',
    promise: 'Nothing is claimed of the time in which a topic was not wanted.',
    file: 'runner/app.ts',
    find: 'this.#ports.recorder?.unwanted(topic);',
    replace: '',
    tests: ['tests/runner/history/recorder-in-app.test.ts'],
  },
];
