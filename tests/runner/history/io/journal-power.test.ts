/**
 * Goal: whatever kills, failures of the power and failures of the disk come, every ms that counts as complete has its trade in the files; and
 * kills alone cost nothing that was claimed. Method: real files, and a disk that is only sure to keep what it was asked to confirm: a failure
 * of the power makes zeros of any of the rest, or cuts it off.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { JournalFiles } from '../../../../runner/history/io/journal-files.ts';
import type { JournalBatch } from '../../../../runner/history/messages.ts';
import { spansFileOf, spansOfLines, tradesFileOf } from '../../../../shared/recording-files.ts';
import { batchOf, claim, date, fileOf, midnight } from './journal-batches.ts';

const base = mkdtempSync(path.join(tmpdir(), 'towline-power-'));
after(() => rmSync(base, { recursive: true, force: true }));
/** As small as it may be: a line takes several. */
const BLOCK = 16;

const kinds = ['write', 'lie', 'take_back', 'wait', 'settle', 'kill', 'power', 'refuse', 'stop'] as const;
type Step = { readonly kind: (typeof kinds)[number]; readonly n: number; readonly seed: number };
const stepOf = (some: readonly Step['kind'][]): fc.Arbitrary<Step> =>
  fc.record({
    kind: fc.oneof({ weight: 4, arbitrary: fc.constant('write' as const) }, fc.constantFrom(...some)),
    n: fc.nat(4),
    seed: fc.nat(),
  });

class Machine {
  readonly root = mkdtempSync(path.join(base, 'm-'));
  readonly trades = fileOf(this.root, tradesFileOf(date));
  readonly spans = fileOf(this.root, spansFileOf(date));
  /** ms after midnight that were claimed, and those of them whose trade was never written, until that is said. */
  readonly claimed = new Set<number>();
  readonly lies = new Set<number>();
  #now = 0;
  #at = 0;
  #boot = 1;
  #number = 0;
  /** Bytes of each file that the disk has confirmed, and names of each folder. */
  readonly #sure = new Map<string, number>();
  readonly #names = new Set<string>();
  #seed = 0;
  #isRefused = false;
  #files = this.#newFiles();

  run({ kind, n, seed }: Step): void {
    this.#seed = seed;
    switch (kind) {
      case 'write':
        return this.#write(n, 0);
      case 'lie':
        return this.#write(n, 1);
      case 'take_back': {
        const [lie] = this.lies;
        if (lie === undefined) return;
        this.lies.delete(lie);
        this.claimed.delete(lie);
        return this.#batch({ claims: [claim(lie, lie + 1, { isMissed: true })] });
      }
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
        this.#isRefused = true;
        this.#now += 10_000;
        this.#write(n, 0);
        this.#isRefused = false;
        return;
      case 'stop':
        return this.#batch({ isLast: true });
    }
  }

  /** What counts now; each ms that does and is no lie has its trade. */
  check(): ReadonlySet<number> {
    const ids = new Set(readLines(this.trades).flatMap((line) => /"id":"(\d+)"/.exec(line)?.[1] ?? []));
    const spans = spansOfLines(`${readLines(this.spans).join('\n')}\n`, `b${this.#boot}`);
    const counted = new Set<number>();
    for (const { from, to } of spans)
      for (let time = from; time < to; time += 1) {
        const at = time - midnight;
        counted.add(at);
        assert.ok(this.lies.has(at) || ids.has(String(time)), `${at} counts, and its trade is not there`);
      }
    return counted;
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
    return new JournalFiles(this.root, {
      ...{ boot: `b${this.#boot}`, confirmEveryMs: 10_000, confirmWithinMs: 1e9, now: () => this.#now },
      makeDurable: (file) => this.#confirm(file),
    });
  }

  #confirm(file: string): void {
    const stats = statSync(file, { throwIfNoEntry: false });
    if (stats === undefined) return;
    if (stats.isDirectory()) {
      for (const name of readdirSync(file)) this.#names.add(path.join(file, name));
      return;
    }
    if (this.#isRefused && file === this.trades) {
      this.#fail(file);
      // It says so once.
      this.#isRefused = false;
      throw new Error('EIO: i/o error, fdatasync');
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
    writeFileSync(file, data.subarray(0, end));
    this.#sure.set(file, end);
  }
}

function readLines(file: string): readonly string[] {
  return statSync(file, { throwIfNoEntry: false }) === undefined
    ? []
    : readFileSync(file, 'latin1').split('\n').slice(0, -1);
}

const numRuns = process.env['PROVE'] === '1' ? 1_000 : 150;

test('what counts as complete is there, whatever the power and the disk do', (t) => {
  let counted = 0;
  let claimed = 0;
  const property = fc.property(
    fc.array(stepOf(kinds), { minLength: 3, maxLength: 40, size: 'max' }),
    (steps) => {
      const machine = new Machine();
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
  fc.assert(property, { numRuns });
  t.diagnostic(`${counted} of ${claimed} ms counted in the end`);
  assert.ok(counted > claimed / 20, 'it is no promise to claim nothing');
});

test('kills cost nothing that was claimed', () => {
  const some = ['lie', 'take_back', 'wait', 'kill', 'stop'] as const;
  const property = fc.property(
    fc.array(stepOf(some), { minLength: 3, maxLength: 40, size: 'max' }),
    (steps) => {
      const machine = new Machine();
      for (const step of steps) {
        machine.run(step);
        assert.deepEqual(machine.check(), machine.claimed);
      }
    },
  );
  fc.assert(property, { numRuns });
});
