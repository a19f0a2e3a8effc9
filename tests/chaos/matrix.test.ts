/**
 * The fault matrix: every fault of the simulated exchange on every channel of linear, spot and inverse, the child killed in its
 * middle or not. Real processes and sockets on loopback. A sample in the ordinary run; all of it, across the closing of a candle,
 * under PROVE=1. CHAOS_CELLS=drop,mute runs only these faults.
 */
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { FAULT_KINDS } from '../../connector/exchange/faults/fault-kinds.ts';
import { type Cell, cellName, runCell } from './cell.ts';
import { type Row, rows } from './faults.ts';
import { Verdicts } from './verdicts.ts';
import { inWorld, markets } from './world.ts';

const isProof = process.env['PROVE'] === '1';
const chosen = process.env['CHAOS_CELLS']?.split(',');
/** Below this a child of a loaded machine is not ready in time. */
const timeScale = 0.3;

describe('the matrix', () => {
  it('has a sample of cells that exist', () => {
    assert.deepEqual(
      sample.filter((name) => !all.some((one) => cellName(one) === name)),
      [],
    );
  });

  it('has one row for every kind of fault that the exchange knows', () => {
    assert.deepEqual(rows.map(({ kind }) => kind).toSorted(), FAULT_KINDS.toSorted());
  });
});

const acrossMinute =
  process.env['CHAOS_MINUTE'] === undefined ? isProof : process.env['CHAOS_MINUTE'] === '1';
const cell = (row: Row, killed: boolean): Cell => ({ row, killed, acrossMinute });
/** What tells most: each way in which a feed can be lost, and each way of knowing it, once. */
const sample: readonly string[] = [
  'drop, child killed',
  'mute',
  'half_open',
  'freeze, child killed',
  'malformed_frame',
  'skip_update',
  'refuse_topic',
  'lost_ack',
  'rest_error, child killed',
  'rest_stale',
];
/** With two sockets for each topic; the exchange's faults strike both. */
const racedSample: readonly string[] = isProof
  ? ['drop, child killed', 'half_open', 'skip_update', 'mute']
  : ['drop, child killed'];
/** An address that was shut out asks nobody for ten minutes: whatever came after it in the same world could not be healed. */
const inOrder = rows.toSorted((one, other) => Number(one.kind === 'ban') - Number(other.kind === 'ban'));
const all = inOrder.flatMap((row) => [cell(row, false), cell(row, true)]);
const some = all.filter((one) =>
  chosen === undefined ? isProof || sample.includes(cellName(one)) : chosen.includes(one.row.kind),
);
const lanes = isProof ? 6 : 2;

describe('every channel of every market is right after', { concurrency: lanes, timeout: 1_800_000 }, () => {
  for (let lane = 1; lane <= lanes; lane += 1) {
    const cells = some.filter((_, index) => index % lanes === lane - 1);
    it(`the faults of world ${lane}`, { timeout: 1_800_000 }, (t) => runLane(t, `matrix-${lane}`, cells));
  }
});

describe('every channel of every market is right with raced sockets after', { timeout: 600_000 }, () => {
  const cells = all.filter(
    (one) => racedSample.includes(cellName(one)) && (chosen?.includes(one.row.kind) ?? true),
  );
  it('the faults of a raced world', { timeout: 600_000 }, (t) => runLane(t, 'matrix-raced', cells, 2));
});

/** One world after the other fault; each has a report line of its own. */
async function runLane(t: TestContext, seed: string, cells: readonly Cell[], redundancy = 1): Promise<void> {
  const options = { name: seed, seed, rate: 120, timeScale, markets, redundancy, afterCandle: acrossMinute };
  await inWorld(options, async (world) => {
    const verdicts = new Verdicts(world);
    for (const one of cells) {
      await t.test(cellName(one), { timeout: 600_000 }, async (cellTest) => {
        const result = await runCell(world, verdicts, one);
        cellTest.diagnostic(`seed ${seed}; ${result.summary}`);
        for (const known of result.known) cellTest.diagnostic(known);
        assert.deepEqual(result.problems, []);
      });
    }
  });
}
