/** Sabotages of the store of history: what is taken from an archive, what is trusted, who may write, and what is added up. */
import type { Mutant } from './mutant.ts';

const io = 'connector/history/io';
const store = 'connector/history/store';
const tests = 'tests/connector/history';
const archive = [`${tests}/io/import-archive.test.ts`];
const lines = [`${tests}/io/append-lines.test.ts`];
const lock = [`${tests}/io/lock.test.ts`];
const kill = [`${tests}/io/kill.test.ts`];
const sums = [`${tests}/io/sum-day.test.ts`];
const reading = [`${tests}/io/read-trades.test.ts`];

const fromArchives: readonly Mutant[] = [
  {
    name: 'archive-of-another-symbol',
    promise: 'A file of another symbol is not stored.',
    file: `${store}/archive-sql.ts`,
    find: ' IS DISTINCT FROM ',
    replace: " = '' AND '' <> ",
    tests: archive,
  },
  {
    name: 'archive-times-as-floats',
    promise: 'Times of an archive are floored to the millisecond exactly.',
    file: `${store}/archive-sql.ts`,
    find: "isSeconds ? 'DECIMAL(18,8)' : 'BIGINT'",
    replace: "isSeconds ? 'DOUBLE' : 'BIGINT'",
    tests: archive,
  },
  {
    name: 'archive-that-runs-down',
    promise: 'Trades of one moment are turned round in a file that runs down.',
    file: `${store}/archive-sql.ts`,
    find: "downs > ups ? 'down' : 'up'",
    replace: "downs < 0 ? 'down' : 'up'",
    tests: archive,
  },
  {
    name: 'archive-doubles-stay',
    promise: 'Of rows with one id of the exchange only the first is stored.',
    file: `${io}/import-archive.ts`,
    find: 'if (layout.hasExchangeIds && ',
    replace: 'if (file === partial && ',
    tests: archive,
  },
  {
    name: 'archive-cut-off',
    promise: 'A compressed file that is cut off, or whose checksum is wrong, is not stored.',
    file: `${io}/archive-check.ts`,
    find: 'if (broken !== undefined) throw damaged(file, broken);',
    replace: '',
    tests: archive,
  },
  {
    name: 'archive-length-ignored',
    promise: 'A file that is not as long as announced is not stored.',
    file: `${io}/archive-check.ts`,
    find: 'bytes !== announced.bytes',
    replace: 'bytes < 0',
    tests: archive,
  },
  {
    name: 'archive-without-a-price',
    promise: 'A row without a price refuses its file.',
    file: `${store}/archive-sql.ts`,
    find: ' > 0, false)`',
    replace: ' > 0, true)`',
    tests: archive,
  },
  {
    name: 'wide-row-groups',
    promise: 'A row group has at most 50,000 rows.',
    file: `${store}/sql-text.ts`,
    find: 'ROW_GROUP_ROWS = 47_104',
    replace: 'ROW_GROUP_ROWS = 49_152',
    tests: reading,
  },
];

const onTheDisk: readonly Mutant[] = [
  {
    name: 'changed-file-trusted',
    promise: 'A file that was changed is not read.',
    file: `${store}/trust.ts`,
    find: 'manifest.sha256 !== file.sha256',
    replace: 'manifest.sha256.length < 0',
    tests: [`${tests}/store/trust.test.ts`, ...reading],
  },
  {
    name: 'next-manifest-ignored',
    promise: 'A writer that was killed between two renames leaves a day that is trusted.',
    file: `${store}/trust.ts`,
    find: 'nextManifest === undefined ? inPlace',
    replace: 'nextManifest !== key.date ? inPlace',
    tests: [`${tests}/store/trust.test.ts`, ...kill],
  },
  {
    name: 'next-manifest-always-taken',
    promise: 'The manifest of a file that never came does not replace the one in place.',
    file: `${io}/day-file.ts`,
    find: "trust.kind === 'trusted' && trust.isNext",
    replace: "trust.kind === 'trusted'",
    tests: kill,
  },
  {
    name: 'leftovers-stay',
    promise: 'What a killed writer left is cleared by the next one.',
    file: `${io}/day-file.ts`,
    find: 'for (const name of names.filter(isPartial)) await removeQuietly(path.join(folder, name));',
    replace: '',
    tests: kill,
  },
  {
    name: 'refused-file-leaves-its-half',
    promise: 'A full disk leaves nothing half written behind.',
    file: `${io}/day-file.ts`,
    find: '  await removeQuietly(partial);',
    replace: '',
    tests: [`${tests}/io/disk-full.test.ts`],
  },
  {
    name: 'dead-lock-kept',
    promise: 'The lock of a dead process is taken over.',
    file: `${io}/lock.ts`,
    find: '!(await isAlive(holder)) && (await takeOver(file, holder, own))',
    replace: 'holder.pid < 0 && (await takeOver(file, holder, own))',
    tests: lock,
  },
  {
    name: 'dead-lock-taken-twice',
    promise: 'Of several that find a dead lock one takes it.',
    file: `${io}/lock.ts`,
    find: 'if ((await holderOf(file))?.token !== dead.token) return false;',
    replace: '',
    tests: lock,
  },
  {
    name: 'process-number-used-again',
    promise: 'A lock is not respected because another program has got the number of its dead process.',
    file: `${io}/lock.ts`,
    find: 'started === null || started === holder.started',
    replace: 'started !== ""',
    tests: lock,
  },
];

const ofRecordings: readonly Mutant[] = [
  {
    name: 'recorded-rows-again',
    promise: 'A recorded trade that is stored is not added again.',
    file: `${io}/append-lines.ts`,
    find: 'if (stored !== undefined) await db.run(dropStored(stored));',
    replace: '',
    tests: lines,
  },
  {
    name: 'bad-line-covered',
    promise: 'A line that cannot be read leaves a gap.',
    file: `${io}/append-lines.ts`,
    find: 'spans.flatMap((span) => without(span, lost))',
    replace: 'spans.flatMap((span) => without(span, []))',
    tests: lines,
  },
  {
    name: 'archive-grown',
    promise: "Nothing is added to the archive's day.",
    file: `${store}/merge.ts`,
    find: "return isFromArchive(manifest) ? { kind: 'keep', manifest }",
    replace: "return manifest.rows < 0 ? { kind: 'keep', manifest }",
    tests: [`${tests}/store/merge.test.ts`, ...lines],
  },
  {
    name: 'sequence-ignored',
    promise: 'Recorded trades of one millisecond stand in the order of the exchange.',
    file: `${store}/recording-sql.ts`,
    find: "recordedOrder = 'timestamp, seq NULLS LAST, part, place'",
    replace: "recordedOrder = 'timestamp, part, place'",
    tests: lines,
  },
  {
    name: 'spot-matched-once',
    promise: 'On spot, trades of the same values are matched one to one.',
    file: `${store}/verification.ts`,
    find: 'row_number() OVER (PARTITION BY',
    replace: '0 * row_number() OVER (PARTITION BY',
    tests: [`${tests}/io/verify.test.ts`],
  },
  {
    name: 'missing-while-not-recording',
    promise: 'What happened while nothing was recorded is not missing from a recording.',
    file: `${io}/verify-files.ts`,
    find: ') AS missing,',
    replace: ' OR archived AND NOT recorded) AS missing,',
    tests: [`${tests}/io/verify.test.ts`],
  },
  {
    name: 'nearly-complete-is-complete',
    promise: '100 percent means that nothing is missing.',
    file: `${store}/verification.ts`,
    find: 'Math.floor(((expected',
    replace: 'Math.ceil(((expected',
    tests: [`${tests}/store/merge.test.ts`],
  },
];

const ofSums: readonly Mutant[] = [
  {
    name: 'stored-sums-cut',
    promise: 'A price is the integer of its shortest text.',
    file: `${store}/totals-sql.ts`,
    find: '`round(',
    replace: '`floor(',
    tests: [`${tests}/store/decimals.test.ts`, ...sums],
  },
  {
    name: 'stored-sums-of-long-numbers',
    promise: 'Numbers that the database cannot add up are added one by one.',
    file: `${store}/totals-sql.ts`,
    find: 'return rows <= ROWS_MAX && fits(price, price_decimals) && fits(qty, qty_decimals);',
    replace: 'return rows <= ROWS_MAX;',
    tests: sums,
  },
  {
    name: 'stored-squares-in-one',
    promise: 'Squares are exact beyond 128 bits.',
    file: `${store}/totals-sql.ts`,
    find: 'return high * PART + low;',
    replace: 'return high * PART;',
    tests: sums,
  },
  {
    name: 'stored-products-of-64-bits',
    promise: 'Products that do not fit into 64 bits are made of 128.',
    file: `${store}/totals-sql.ts`,
    find: "p * q < LONG_END ? 'p * q'",
    replace: "p * q > 0n ? 'p * q'",
    tests: sums,
  },
  {
    name: 'stored-last-trade-by-its-place',
    promise: 'Of several trades of one millisecond the last is that of the largest id, whoever adds up.',
    file: `${io}/sum-day.ts`,
    find: "'id DESC'",
    replace: "'id'",
    tests: sums,
  },
  {
    name: 'old-form-maker',
    promise: 'In the old form m says that the buyer was the maker.',
    file: `${io}/legacy.ts`,
    find: "side = 'sell' AS m`",
    replace: "side = 'buy' AS m`",
    tests: reading,
  },
];

export const historyMutants: readonly Mutant[] = [...fromArchives, ...onTheDisk, ...ofRecordings, ...ofSums];
