/** A writer that is killed at any moment leaves the old day or the new one: never a mixture, never a double, nothing untrusted. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { HistoryStore } from '../../../../connector/history/io/history-store.ts';
import { dayFiles } from '../../../../connector/history/store/paths.ts';
import { asStored, cacheWorld, contractsCsv, linearKey, made, madeAt, rowsIn } from './cache-world.ts';
import { lineOf, linesOf, recorded } from './lines.ts';

const kills = process.env['PROVE'] === undefined ? 3 : 100;
const journalKey = { ...linearKey, symbol: 'ETHUSDT' };
/** Rows of a journal, and how many journals there are: more than a writer can get through. */
const inJournal = 20;
const journals = 5_000;

describe('a writer that is killed', () => {
  it(`leaves the old or the new day, ${kills} times`, { timeout: 20_000 + kills * 10_000 }, async (t) => {
    const world = cacheWorld(t);
    const even = Array.from({ length: 20_000 }, (_, index) => made(index * 40, { id: `even-${index}` }));
    const odd = even.toReversed().map((trade) => ({ ...trade, id: trade.id.replace('even', 'odd') }));
    const inputs = path.dirname(world.packed(contractsCsv(even), 'even.csv.gz'));
    world.packed(contractsCsv(odd), 'odd.csv.gz');
    const journal = (step: number) =>
      Array.from({ length: inJournal }, (_, index) => recorded(step * inJournal + index));
    const written = new Set<number>();
    let steps = 0;
    let sawArchive = false;
    // On a machine that is busy a writer may need more than the moments of the first kills.
    for (let kill = 0; kill < kills || (kill < 4 * kills && (!sawArchive || steps === 0)); kill += 1) {
      for (let step = steps; step < Math.min(journals, steps + 100); step += 1) {
        if (!written.has(step)) world.raw(journal(step).map(lineOf).join(''), `journal-${step}.jsonl`);
        written.add(step);
      }
      await killedWriter([world.root, inputs, String(steps)], kill, 1_000 * Math.ceil((kill + 1) / kills));
      // What a killed writer left is judged by a program that has seen nothing of it.
      const store = new HistoryStore({ root: world.root, unixMs: () => madeAt });
      const archive = await store.judge(linearKey);
      const grown = await store.judge(journalKey);
      assert.notEqual(archive.kind, 'untrusted', JSON.stringify(archive));
      assert.notEqual(grown.kind, 'untrusted', JSON.stringify(grown));
      if (archive.kind === 'trusted') {
        sawArchive = true;
        const rows = await rowsIn(store, linearKey);
        const isEven = rows[0]?.id === 'even-0';
        assert.deepEqual(rows, (isEven ? even : odd.toReversed()).map(asStored));
      }
      assert.equal(sawArchive, archive.kind === 'trusted', 'a day that was there is there');
      const rows = grown.kind === 'trusted' ? await rowsIn(store, journalKey) : [];
      assert.equal(rows.length % inJournal, 0, 'a journal is added whole');
      assert.ok(rows.length >= steps * inJournal, 'what was there is there');
      steps = rows.length / inJournal;
      assert.deepEqual(rows, Array.from({ length: steps }, (_, step) => journal(step)).flat());
      await store.close();
    }
    t.diagnostic(`${kills} kills; ${steps} journals were added`);
    assert.ok(sawArchive && steps > 0, 'the writer got somewhere');
    assert.ok((await world.store.appendLines(linesOf(world, [[]], { key: journalKey }))).ok);
    assert.ok(
      (await world.store.importArchive(world.archive(linearKey, path.join(inputs, 'even.csv.gz')))).ok,
    );
    await world.store.close();
    const left = readdirSync(world.root, { recursive: true, encoding: 'utf8' }).filter((name) =>
      path.basename(name).startsWith('.'),
    );
    assert.deepEqual(left, [], 'the next writer clears what was left');
  });

  it('between two renames leaves a manifest that fits, and the next writer puts it in its place', async (t) => {
    const world = cacheWorld(t);
    const files = dayFiles(world.root, linearKey, 'trades');
    const old = path.join(world.root, 'old');
    assert.ok((await world.store.appendLines(linesOf(world, [[recorded(1)]]))).ok);
    cpSync(files.folder, old, { recursive: true });
    assert.ok((await world.store.appendLines(linesOf(world, [[recorded(2)]]))).ok);
    const oldManifest = path.join(old, path.basename(files.manifest));
    const fresh = (): HistoryStore => new HistoryStore({ root: world.root, unixMs: () => madeAt });
    // Killed after the Parquet file was renamed, before the manifest was.
    renameSync(files.manifest, files.nextManifest);
    writeFileSync(files.manifest, readFileSync(oldManifest));
    const store = fresh();
    t.after(() => store.close());
    assert.deepEqual(await rowsIn(store, linearKey), [recorded(1), recorded(2)]);
    assert.ok((await store.appendLines(linesOf(world, [[recorded(3)]]))).ok);
    assert.deepEqual(await rowsIn(store, linearKey), [recorded(1), recorded(2), recorded(3)]);
    assert.ok(!existsSync(files.nextManifest));
    // Killed before the Parquet file was renamed: the old pair is there, with a next manifest of a file that never came.
    const now = readFileSync(files.manifest);
    cpSync(old, files.folder, { recursive: true });
    writeFileSync(files.nextManifest, now);
    writeFileSync(path.join(files.folder, '.trades_2026-08-01.parquet.1-1.partial'), 'half');
    const later = fresh();
    t.after(() => later.close());
    assert.deepEqual(await rowsIn(later, linearKey), [recorded(1)]);
    assert.ok((await later.appendLines(linesOf(world, [[recorded(9)]]))).ok);
    assert.deepEqual(await rowsIn(later, linearKey), [recorded(1), recorded(9)]);
    assert.deepEqual(
      readdirSync(files.folder).toSorted(),
      [path.basename(files.manifest), path.basename(files.parquet)].toSorted(),
    );
  });
});

/** Starts a writer and kills it some time after it has begun: spread over the first steps. */
async function killedWriter(args: readonly string[], kill: number, withinMs: number): Promise<void> {
  const file = path.join(import.meta.dirname, 'kill-child.ts');
  const child = spawn(process.execPath, [file, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const said: string[] = [];
  child.stdout.setEncoding('utf8');
  child.stdout.on('data', (text: string) => said.push(text));
  const exited = once(child, 'exit');
  await Promise.race([once(child.stdout, 'data'), exited]);
  // The golden ratio spreads the moments evenly, however many there are.
  await Promise.race([wait(((kill * 0.618034) % 1) * withinMs + 50), exited]);
  child.kill('SIGKILL');
  await exited;
  assert.equal(said.join(''), 'ready\n');
}
