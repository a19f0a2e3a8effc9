/** Claims are there at once; now and then the disk confirms their trades, and that is noted beside them. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, it } from 'node:test';
import { JournalFiles, type JournalOptions } from '../../../../runner/history/io/journal-files.ts';
import type { JournalWritten, PlacedClaim } from '../../../../runner/history/messages.ts';
import { spansFileOf, spansOfLines, tradesFileOf } from '../../../../shared/recording-files.ts';
import { batchOf, claim, date, fileOf, idsIn, midnight, type Told } from './journal-batches.ts';

const base = mkdtempSync(path.join(tmpdir(), 'towline-unconfirmed-'));
after(() => rmSync(base, { recursive: true, force: true }));
let worlds = 0;

/** Files whose disk says what it was asked to confirm, and can refuse. */
class World {
  readonly root: string;
  now = 0;
  /** Names below the folder of the environment, with the size of each file at that moment. */
  asked: string[] = [];
  refused = new Set<string>();
  #files: JournalFiles;
  #number = 0;
  #runs = 0;

  constructor(options: Partial<JournalOptions> = {}) {
    worlds += 1;
    this.root = path.join(base, String(worlds));
    this.#files = this.restart(options);
  }

  restart(options: Partial<JournalOptions> = {}): JournalFiles {
    this.#runs += 1;
    this.#files = new JournalFiles(this.root, {
      ...{
        boot: 'b1',
        run: `r${this.#runs}`,
        confirmEveryMs: 10_000,
        confirmWithinMs: 300,
        now: () => this.now,
      },
      makeDurable: (file) => {
        const name = path.relative(path.join(this.root, 'simulated'), file);
        if (this.refused.has(name)) throw new Error(`EIO: ${name}`);
        const stats = statSync(file, { throwIfNoEntry: false });
        if (stats?.isFile() === true) this.asked.push(`${name} ${stats.size}`);
        this.now += 100;
      },
      ...options,
    });
    return this.#files;
  }

  /** A trade of that ms of each instrument, and the claim of that ms. */
  write(
    at: number,
    places: readonly number[] = [0],
    more: Parameters<typeof batchOf>[2] = {},
  ): JournalWritten {
    this.#number += 1;
    const told = places.map((place): Told => ({ place, trade: { timestamp: midnight + at } }));
    const claims = places.map((place) => claim(at, at + 1, { place }));
    return this.#files.write(batchOf(this.#number, told, { claims, ...more }));
  }

  /** Trades and claims of the last batch of a run. */
  tell(told: readonly Told[], claims: readonly PlacedClaim[]): void {
    this.#number += 1;
    this.#files.write(batchOf(this.#number, told, { claims, isLast: true }));
  }

  /** What is claimed of the first instrument after a failure of the power, as ms after midnight; `boot`: or before. */
  claimed(boot?: string, symbol = 'linear/BTCUSDT'): readonly (readonly number[])[] {
    const file = path.join(this.root, 'simulated', symbol, spansFileOf(date));
    const spans = spansOfLines(readFileSync(file, 'utf8'), boot);
    return spans.map(({ from, to }) => [from - midnight, to - midnight]);
  }

  takeAsked(): readonly string[] {
    return this.asked.splice(0);
  }
}

const trades = `linear/BTCUSDT/${tradesFileOf(date)}`;
const spans = `linear/BTCUSDT/${spansFileOf(date)}`;
const sizeOf = (world: World, name: string): number =>
  statSync(path.join(world.root, 'simulated', name)).size;

describe('a claim', () => {
  it('is there at once, waits for no disk, and is confirmed after its trades are', () => {
    const world = new World();
    assert.deepEqual([world.write(1).unclaimed, world.claimed('b1')], [[], [[1, 2]]]);
    assert.deepEqual([world.takeAsked(), world.claimed()], [[], []], 'nobody asked the disk');
    world.now = 9_999;
    const waits = world.write(2);
    assert.deepEqual([world.takeAsked(), world.claimed(), waits.unconfirmed], [[], [], 1]);
    world.now = 10_000;
    assert.equal(world.write(3).unconfirmed, 0);
    const bytes = sizeOf(world, trades);
    assert.equal(world.takeAsked()[0], `${trades} ${bytes}`, 'with all trades that are claimed by then');
    assert.deepEqual([world.claimed(), world.claimed('b2')], [[[1, 4]], [[1, 4]]]);
    world.write(4);
    assert.deepEqual([world.claimed(), world.claimed('b1')], [[[1, 4]], [[1, 5]]]);
    world.now += 10_000;
    world.write(5, [], { claims: [] });
    assert.deepEqual(world.claimed(), [[1, 5]], 'also when nothing more comes');
  });

  it('waits its turn where the disk takes long: some are confirmed now and others later', () => {
    const world = new World({ confirmWithinMs: 0 });
    world.write(1, [0, 1]);
    world.now = 20_000;
    world.write(2, [0, 1]);
    const ether = (): unknown => world.claimed(undefined, 'spot/ETHUSDT');
    assert.deepEqual([world.claimed(), ether()], [[[1, 3]], []], 'one at least');
    world.write(3, [0, 1]);
    assert.deepEqual(
      [world.claimed(), ether()],
      [[[1, 3]], [[1, 4]]],
      'then the one that has waited for longest',
    );
  });

  it('is confirmed by the last batch, whatever that takes; a cut does not wait for the disk', () => {
    const world = new World({ confirmWithinMs: 0 });
    assert.equal(world.write(1, [0, 1], { isCut: true }).unconfirmed, 2);
    assert.deepEqual(world.takeAsked(), []);
    assert.equal(world.write(2, [0, 1], { isLast: true }).unconfirmed, 0);
    assert.deepEqual([world.claimed(), world.claimed(undefined, 'spot/ETHUSDT')], [[[1, 3]], [[1, 3]]]);
  });

  it('is confirmed with each batch where no boot is known: it counts only then', () => {
    const world = new World({ boot: undefined, confirmWithinMs: 0 });
    world.write(1, [0, 1]);
    assert.deepEqual([world.claimed(), world.claimed(undefined, 'spot/ETHUSDT')], [[[1, 2]], []]);
    world.write(2, [0, 1], { isCut: true });
    assert.deepEqual([world.claimed(), world.claimed(undefined, 'spot/ETHUSDT')], [[[1, 3]], [[1, 3]]]);
  });

  it('of a run that was killed counts while the machine runs on; the next run does not confirm it', () => {
    const world = new World();
    world.write(1);
    world.restart();
    world.write(2, [], { claims: [claim(2, 3)], isLast: true });
    assert.deepEqual(
      [world.claimed(), world.claimed('b1'), world.claimed('b2')],
      [[[2, 3]], [[1, 3]], [[2, 3]]],
    );
  });

  it('of a run that was killed is not confirmed by the next one where no boot is known either', () => {
    const world = new World({ boot: undefined, confirmWithinMs: 0 });
    // The second one waits for its turn, and the first run does not live to see it.
    world.write(1, [0, 1]);
    world.restart({ boot: undefined });
    world.write(2, [0, 1], { isLast: true });
    assert.deepEqual([world.claimed(), world.claimed(undefined, 'spot/ETHUSDT')], [[[1, 3]], [[2, 3]]]);
  });
});

describe('what is taken back', () => {
  it('is confirmed at once, and before anything above it counts for good', () => {
    const world = new World({ confirmWithinMs: 0 });
    world.write(1, [0, 1]);
    world.refused.add(spans);
    world.now = 10_000;
    const refused = world.write(2, [], { claims: [claim(1, 2, { isMissed: true }), claim(2, 3)] });
    assert.equal(refused.message, `EIO: ${spans}`);
    world.write(3, [], { claims: [claim(3, 4)], isLast: true });
    assert.deepEqual([world.claimed(), world.claimed('b1')], [[], [[2, 4]]]);
    assert.deepEqual(world.claimed(undefined, 'spot/ETHUSDT'), [[1, 2]], 'others do not wait for it');
    world.refused.clear();
    world.takeAsked();
    world.write(4, [], { claims: [claim(1, 2, { isMissed: true })] });
    assert.equal(world.takeAsked()[0], `${spans} ${sizeOf(world, spans) - '{"durable":"b1.r1"}\n'.length}`);
    assert.deepEqual(world.claimed(), [[2, 4]]);
  });

  it('is written again when the disk did not confirm it: it may be gone, and the disk says so only once', () => {
    const world = new World();
    world.write(1, [0], { isLast: true });
    world.refused.add(spans);
    const missed = [claim(1, 2, { isMissed: true }), claim(4, 5, { isMissed: true })];
    world.write(2, [], { claims: missed });
    const size = sizeOf(world, spans);
    world.refused.clear();
    world.write(3, [], { claims: [] });
    assert.equal(sizeOf(world, spans), size, 'not at once');
    world.now += 10_000;
    world.write(4, [], { claims: [] });
    const text = readFileSync(fileOf(world.root, spansFileOf(date)));
    assert.deepEqual(
      [...text.toString('utf8', size).matchAll(/missed_from":(\d+)/g)].map(
        ([, from]) => Number(from) - midnight,
      ),
      [1, 4],
    );
    world.now += 10_000;
    world.write(5, [], { claims: [] });
    assert.equal(sizeOf(world, spans), text.length, 'once is enough when it is confirmed');
  });

  it('is the whole day when the disk confirms nothing for long', () => {
    const world = new World();
    world.write(1, [0], { isLast: true });
    world.refused.add(spans);
    for (let at = 0; at < 400; at += 1)
      world.write(at, [], { claims: [claim(at * 10 + 5, at * 10 + 6, { isMissed: true })] });
    world.now += 10_000;
    const size = sizeOf(world, spans);
    world.refused.clear();
    world.write(2, [], { claims: [] });
    assert.deepEqual(world.claimed(), []);
    assert.ok(sizeOf(world, spans) - size < 16_500, 'no text without bound waits for the disk');
  });
});

describe('trades that the disk cannot confirm', () => {
  it('are not claimed any more, unless they were confirmed before; that is said, and others go on', () => {
    const world = new World({ confirmWithinMs: 1e9 });
    world.write(1, [0], { isLast: true });
    world.write(2, [0, 1]);
    world.refused.add(trades);
    world.now += 10_000;
    assert.equal(world.write(3, [0, 1]).message, `EIO: ${trades}`);
    assert.deepEqual(world.claimed(undefined, 'spot/ETHUSDT'), [[2, 4]]);
    assert.deepEqual(world.claimed('b1'), [[1, 2]]);
    world.refused.clear();
    assert.equal(world.write(4).message, null);
    world.write(5, [], { claims: [], isLast: true });
    assert.deepEqual(
      world.claimed(),
      [
        [1, 2],
        [4, 5],
      ],
      'asking again proves nothing of what it has lost',
    );
  });

  it('are asked for once at the end, however many there are, and so is what is noted of each', () => {
    const named: string[] = [];
    const refuse = (file: string): void => {
      named.push(path.basename(path.dirname(file)) + path.extname(path.basename(file, '.jsonl')));
      if (file.endsWith('.jsonl')) throw new Error('EIO');
    };
    const world = new World({ makeDurable: refuse });
    world.write(1, [0, 1], { isLast: true });
    assert.deepEqual(
      named.filter((name) => name.endsWith('.spans')),
      ['BTCUSDT.spans', 'ETHUSDT.spans'],
    );
  });

  it('are recorded again when they are told again: that they can still be read proves nothing', () => {
    const world = new World();
    world.write(1);
    world.refused.add(trades);
    world.now += 10_000;
    world.write(2);
    world.refused.clear();
    world.restart();
    const late = (timestamp: number): Told => ({ trade: { timestamp, origin: 'healed' } });
    world.tell([late(midnight + 1), late(midnight + 2)], [claim(1, 3)]);
    assert.deepEqual(idsIn(fileOf(world.root, tradesFileOf(date))).length, 4);
    assert.deepEqual(world.claimed(), [[1, 3]]);
  });
});

it('the name of a file is confirmed with it, also of one that was removed and made anew', () => {
  const named: string[] = [];
  const world: World = new World({ makeDurable: (file) => void named.push(path.relative(world.root, file)) });
  const folders = ['simulated/linear/BTCUSDT', 'simulated/linear', 'simulated', ''];
  const file = path.join('simulated', trades);
  world.write(1, [0], { isLast: true });
  assert.deepEqual(named.splice(0), [...folders, file]);
  world.write(2, [0], { isLast: true });
  assert.deepEqual(named.splice(0), [file]);
  rmSync(path.join(world.root, file));
  world.write(3, [0], { isLast: true });
  assert.deepEqual(named.splice(0), [...folders, file]);
});

it('a day that was removed is not made anew', () => {
  const world = new World();
  world.write(1, [0, 1], { claims: [claim(1, 2), claim(1, 2, { isMissed: true, place: 1 })] });
  rmSync(world.root, { recursive: true });
  assert.equal(world.write(2, [], { claims: [], isLast: true }).message, null);
  assert.ok(!existsSync(fileOf(world.root, spansFileOf(date))));
});
