/**
 * Goal: whatever kills, failures of the power and failures of the disk come, every ms that counts as complete has its trade in the files; and
 * kills alone cost nothing that was claimed while the machine runs on. Method: real files, and a disk that is only sure to keep what it was
 * asked to confirm: a failure of the power makes zeros of any of the rest, or cuts it off. What it refused to confirm is gone at once, or with
 * the next failure of the power, whatever it confirms later: it reports that only once. The machine may not tell its boot.
 */
import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { JournalFiles } from '../../../../runner/history/io/journal-files.ts';
import type { JournalBatch } from '../../../../runner/history/messages.ts';
import { spansFileOf, spansOfLines, tradesFileOf } from '../../../../shared/recording-files.ts';
import { batchOf, claim, date, fileOf, linesIn, midnight } from './journal-batches.ts';

const base = mkdtempSync(path.join(tmpdir(), 'towline-power-'));
after(() => rmSync(base, { recursive: true, force: true }));
/** As small as it may be: a line takes several. */
const BLOCK = 16;

const kinds = [
  ...(['write', 'lie', 'take_back', 'wait', 'settle', 'kill', 'power', 'stop'] as const),
  ...(['refuse', 'refuse_all', 'refuse_spans'] as const),
] as const;
type Step = { readonly kind: (typeof kinds)[number]; readonly n: number; readonly seed: number };
const stepOf = (some: readonly Step['kind'][]): fc.Arbitrary<Step> =>
  fc.record({
    kind: fc.oneof({ weight: 4, arbitrary: fc.constant('write' as const) }, fc.constantFrom(...some)),
    n: fc.nat(4),
    seed: fc.nat(),
  });
const stepsOf = (...names: readonly Step['kind'][]): Step[] => names.map((kind) => ({ kind, n: 0, seed: 0 }));

class Machine {
  readonly root = mkdtempSync(path.join(base, 'm-'));
  readonly trades = fileOf(this.root, tradesFileOf(date));
  readonly spans = fileOf(this.root, spansFileOf(date));
  /** ms after midnight that were claimed, and those of them whose trade was never written, until that is said. */
  readonly claimed = new Set<number>();
  readonly lies = new Set<number>();
  /** Lies that counted for good when they were taken back, which the disk has not confirmed. */
  readonly #unsure = new Set<number>();
  readonly #isBootKnown: boolean;
  #now = 0;
  #at = 0;
  #boot = 1;
  #run = 0;
  #number = 0;
  /** Bytes of each file that the disk has confirmed, and names of each folder. */
  readonly #sure = new Map<string, number>();
  readonly #names = new Set<string>();
  /** What the disk refused to confirm: from where to where in which file. */
  #doomed: { readonly file: string; readonly from: number; readonly to: number }[] = [];
  #seed = 0;
  #refused: 'refuse' | 'refuse_all' | 'refuse_spans' | undefined;
  #files: JournalFiles;

  constructor(isBootKnown: boolean) {
    this.#isBootKnown = isBootKnown;
    this.#files = this.#newFiles();
  }

  get boot(): string | undefined {
    return this.#isBootKnown ? `b${this.#boot}` : undefined;
  }

  run({ kind, n, seed }: Step): void {
    this.#seed = seed;
    switch (kind) {
      case 'write':
        return this.#write(n, 0);
      case 'lie':
        return this.#write(n, 1);
      case 'take_back':
        return this.#takeBack();
      case 'wait':
        this.#now += n * 3_000;
        return;
      case 'settle':
        // By itself the system writes everything, sooner or later.
        for (const file of [this.trades, this.spans])
          for (let name = file; name !== base; name = path.dirname(name)) this.#confirm(name);
        return;
      case 'kill':
        this.#files = this.#newFiles();
        return;
      case 'power':
        for (const file of [this.trades, this.spans]) this.#fail(file);
        this.#boot += 1;
        this.#files = this.#newFiles();
        return;
      case 'refuse':
      case 'refuse_all':
      case 'refuse_spans':
        return this.#refuse(kind, n);
      case 'stop':
        return this.#batch({ isLast: true });
    }
  }

  /** What counts now; each ms that does and is no lie has its trade. */
  check(): ReadonlySet<number> {
    const lines = linesIn(this.trades).join('\n');
    const ids = new Set([...lines.matchAll(/"id":"(\d+)"/g)].map(([, id]) => Number(id) - midnight));
    const counted = this.#counted(this.boot);
    for (const at of counted)
      assert.ok(
        ids.has(at) || this.lies.has(at) || this.#unsure.has(at),
        `${at} counts, and its trade is not there`,
      );
    return counted;
  }

  #counted(boot: string | undefined): ReadonlySet<number> {
    const counted = new Set<number>();
    for (const { from, to } of spansOfLines(`${linesIn(this.spans).join('\n')}\n`, boot))
      for (let time = from; time < to; time += 1) counted.add(time - midnight);
    return counted;
  }

  #takeBack(): void {
    const [lie] = this.lies;
    if (lie === undefined) return;
    this.lies.delete(lie);
    this.claimed.delete(lie);
    this.#batch({ claims: [claim(lie, lie + 1, { isMissed: true })] });
  }

  #refuse(what: 'refuse' | 'refuse_all' | 'refuse_spans', n: number): void {
    this.#refused = what;
    const [lie] = this.lies;
    if (what !== 'refuse_spans') {
      this.#now += 10_000;
      this.#write(n, 0);
    } else if (lie !== undefined) {
      if (this.#counted(undefined).has(lie)) this.#unsure.add(lie);
      this.#takeBack();
    }
    this.#refused = undefined;
    const aside = `${this.spans}.aside`;
    if (!existsSync(aside)) return;
    rmdirSync(this.spans);
    renameSync(aside, this.spans);
  }

  #write(n: number, left: number): void {
    const from = this.#at;
    this.#at += n + 1 + left;
    const told = Array.from({ length: n + 1 }, (_, at) => ({ trade: { timestamp: midnight + from + at } }));
    for (let at = from; at < this.#at; at += 1) this.claimed.add(at);
    for (let at = from + n + 1; at < this.#at; at += 1) this.lies.add(at);
    this.#batch({ claims: [claim(from, this.#at)] }, told);
  }

  #batch(more: Partial<JournalBatch>, told: Parameters<typeof batchOf>[1] = []): void {
    this.#now += 500;
    this.#number += 1;
    this.#files.write(batchOf(this.#number, told, { claims: [], ...more }));
  }

  #newFiles(): JournalFiles {
    this.#run += 1;
    // What a run that died had not taken back for good may be believed again.
    for (const lie of this.#unsure) this.lies.add(lie);
    this.#unsure.clear();
    return new JournalFiles(this.root, {
      ...{ boot: this.boot, run: `r${this.#run}`, now: () => this.#now },
      ...{ confirmEveryMs: 10_000, confirmWithinMs: 1e9 },
      makeDurable: (file) => {
        this.#refuseFile(file);
        this.#confirm(file);
        if (file === this.spans) this.#unsure.clear();
      },
    });
  }

  #refuseFile(file: string): void {
    const isTrades = file === this.trades;
    const refused = this.#refused;
    const size = statSync(file, { throwIfNoEntry: false })?.size;
    if (size === undefined || refused === undefined) return;
    if (isTrades ? refused === 'refuse_spans' : refused !== 'refuse_spans' || file !== this.spans) return;
    // It says so once.
    this.#refused = undefined;
    if (refused === 'refuse') this.#fail(file);
    else this.#doomed.push({ file, from: this.#sure.get(file) ?? 0, to: size });
    if (refused === 'refuse_all' && existsSync(this.spans)) {
      // Nor can that be noted.
      renameSync(this.spans, `${this.spans}.aside`);
      mkdirSync(this.spans);
    }
    throw new Error('EIO: i/o error, fdatasync');
  }

  /** Of itself the system writes whatever it has not given up. */
  #confirm(file: string): void {
    const stats = statSync(file, { throwIfNoEntry: false });
    if (stats === undefined) return;
    if (stats.isDirectory()) {
      for (const name of readdirSync(file)) this.#names.add(path.join(file, name));
      return;
    }
    this.#sure.set(file, stats.size);
  }

  /** 0 to 3. */
  #roll(): number {
    this.#seed = (Math.imul(this.#seed, 1_103_515_245) + 12_345) >>> 0;
    return this.#seed >>> 30;
  }

  /** What was not confirmed may be anything. */
  #fail(file: string): void {
    const size = statSync(file, { throwIfNoEntry: false })?.size;
    if (size === undefined) return;
    const isNamed = [file, path.dirname(file), path.dirname(path.dirname(file))].every((name) =>
      this.#names.has(name),
    );
    if (!isNamed && this.#roll() === 0) {
      rmSync(file);
      this.#sure.delete(file);
      return;
    }
    const data = readFileSync(file);
    let end = this.#sure.get(file) ?? 0;
    for (let at = end - (end % BLOCK); at < size && this.#roll() > 0; at += BLOCK) {
      if (this.#roll() === 1)
        data.fill(0, Math.max(at, this.#sure.get(file) ?? 0), Math.min(size, at + BLOCK));
      end = Math.min(size, Math.max(end, at + BLOCK));
    }
    for (const { file: of, from, to } of this.#doomed) if (of === file) data.fill(0, from, Math.min(to, end));
    this.#doomed = this.#doomed.filter((one) => one.file !== file);
    writeFileSync(file, data.subarray(0, end));
    this.#sure.set(file, end);
  }
}

const numRuns = process.env['PROVE'] === '1' ? 1_000 : 150;

test('what counts as complete is there, whatever the power and the disk do', (t) => {
  let counted = 0;
  let claimed = 0;
  const property = fc.property(
    fc.boolean(),
    fc.array(stepOf(kinds), { minLength: 3, maxLength: 40, size: 'max' }),
    (isBootKnown, steps) => {
      const machine = new Machine(isBootKnown);
      for (const step of steps) {
        machine.run(step);
        machine.check();
      }
      machine.run({ kind: 'stop', n: 0, seed: 0 });
      const before = machine.check();
      machine.run({ kind: 'power', n: 0, seed: 1 });
      counted += machine.check().size;
      assert.ok(machine.check().size <= before.size);
      claimed += machine.claimed.size;
    },
  );
  // Each once led to a claim without its trades: another run confirmed it, or the disk that was asked a second time.
  const examples: [boolean, Step[]][] = [
    [false, stepsOf('refuse_all', 'power', 'write', 'write')],
    [true, stepsOf('write', 'refuse_all', 'kill', 'write', 'stop', 'power')],
    [true, stepsOf('lie', 'refuse_spans', 'write', 'stop', 'power')],
    [false, stepsOf('lie', 'refuse', 'write', 'refuse_spans')],
  ];
  fc.assert(property, { numRuns, examples });
  t.diagnostic(`${counted} of ${claimed} ms counted in the end`);
  assert.ok(counted > claimed / 20, 'it is no promise to claim nothing');
});

test('kills cost nothing that was claimed', () => {
  const some = ['lie', 'take_back', 'wait', 'kill', 'stop'] as const;
  const property = fc.property(
    fc.array(stepOf(some), { minLength: 3, maxLength: 40, size: 'max' }),
    (steps) => {
      const machine = new Machine(true);
      for (const step of steps) {
        machine.run(step);
        assert.deepEqual(machine.check(), machine.claimed);
      }
    },
  );
  fc.assert(property, { numRuns });
});
