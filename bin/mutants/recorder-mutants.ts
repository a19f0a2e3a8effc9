/** Sabotages of what the recorder of trades promises: nothing is claimed that is not there, and nothing is there twice. */
import type { Mutant } from './mutant.ts';

const recorder = 'tests/runner/history/recorder.test.ts';
const files = 'tests/runner/history/io/journal-files.test.ts';
const unconfirmed = 'tests/runner/history/io/unconfirmed.test.ts';
const power = 'tests/runner/history/io/journal-power.test.ts';
const lines = 'tests/shared/recording-files.test.ts';
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
    name: 'claim-outlives-the-power',
    promise: 'After a failure of the power nothing counts whose trades the disk had not confirmed.',
    file: 'shared/recording-files.ts',
    find: "if (boot !== undefined && tag.split('.', 1)[0] === boot)",
    replace: '',
    tests: [lines, power],
  },
  {
    name: 'noted-before-it-is-confirmed',
    promise: 'A claim is noted to be confirmed only after the disk was asked for its trades.',
    file: 'runner/history/io/unconfirmed.ts',
    find: 'this.#options.makeDurable(day.trades);',
    replace: '',
    tests: [unconfirmed, power],
  },
  {
    name: 'taken-back-until-the-power-fails',
    promise: 'What was taken back stays so after a failure of the power.',
    file: 'runner/history/io/unconfirmed.ts',
    find: 'if (this.#takenBack.has(day.spans)) continue;',
    replace: '',
    tests: [unconfirmed],
  },
  {
    name: 'lost-by-the-disk-and-claimed',
    promise:
      'What the disk could not confirm is not claimed any more, although it does not complain a second time.',
    file: 'runner/history/io/unconfirmed.ts',
    find: 'this.#takeBack(day, lostLine(this.tag), false);',
    replace: 'this.#days.set(day.name, day);',
    tests: [unconfirmed, power],
  },
  {
    name: 'confirmed-by-another-run',
    promise:
      'A run confirms only what it has claimed itself: what the disk told an earlier one may have died with it.',
    file: 'runner/history/io/unconfirmed.ts',
    find: 'this.tag = tagOf(options.boot, options.run);',
    replace: "this.tag = tagOf(options.boot, 'r');",
    tests: [unconfirmed, power],
  },
  {
    name: 'taken-back-once',
    promise: 'What the disk refused to confirm as taken back is written again, since it may be gone.',
    file: 'runner/history/io/unconfirmed.ts',
    find: 'this.#takenBack.set(spans, { text: back.text, isWritten: false, notBefore });',
    replace: 'this.#takenBack.set(spans, { text: back.text, isWritten: true, notBefore });',
    tests: [unconfirmed, power],
  },
  {
    name: 'known-and-lost',
    promise: 'A trade of a day of which the disk has lost some is recorded again when it is told again.',
    file: 'runner/history/io/journal-files.ts',
    find: 'if (late.size === 0 || hasLost(folder + path.sep + spansFileOf(date))) return undefined;',
    replace: 'if (late.size === 0) return undefined;',
    tests: [unconfirmed],
  },
  {
    name: 'stopped-and-unconfirmed',
    promise: 'After a clean stop everything that was claimed is confirmed.',
    file: 'runner/history/recorder.ts',
    find: 'if (!isSaid && this.#unconfirmed === 0) return undefined;',
    replace: 'if (!isSaid) return undefined;',
    tests: [recorder],
  },
  {
    name: 'torn-line-written-on',
    promise: 'A last line without its end, left by a kill, is cut off before anything is added.',
    file: 'runner/history/io/line-files.ts',
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
