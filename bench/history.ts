/**
 * What history costs: an archive file of 2,000,000 trades to a stored day, that day to levels, and one minute out of it; beside papaparse
 * and hyparquet doing the same work. `npm run bench:history`.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { commandLine, positiveOption } from '../bin/command-line.ts';
import { writeArchive } from './history/archive.ts';
import type { Told } from './history/figures.ts';
import { type HistoryRunResult, historyTable, subjects, tasks } from './history/history-report.ts';
import { root, temporaryFolder } from './processes.ts';
import { writeResults } from './results-page.ts';

const name = 'npm run bench:history';
const help = `Usage: ${name} -- [options]

  --rows N   trades in the file (2000000)
  --runs N   interleaved runs, of which the median is shown (3)
  --write    put the results into docs/performance.md
  --help     this text
`;
const values = commandLine({
  name,
  help,
  options: { rows: { type: 'string' }, runs: { type: 'string' }, write: { type: 'boolean' } },
});
const rows = positiveOption(name, '--rows', values.rows ?? '2000000');
const runs = positiveOption(name, '--runs', values.runs ?? '3');

const folder = temporaryFolder();
try {
  const file = path.join(folder.path, 'archive.csv.gz');
  process.stderr.write(`making an archive file of ${rows} trades\n`);
  await writeArchive(file, rows);
  const results: HistoryRunResult[] = [];
  for (let run = 1; run <= runs; run += 1)
    for (const subject of subjects) {
      const cache = path.join(folder.path, 'cache');
      rmSync(cache, { recursive: true, force: true });
      mkdirSync(cache);
      for (const task of tasks) {
        // The day is made anew by `levels`, and read by what follows.
        if (task === 'levels') rmSync(cache, { recursive: true, force: true });
        const told = measured(subject.program, task, cache, file);
        results.push({ subject: subject.name, task, told });
        process.stderr.write(
          `run ${run}: ${subject.name} ${task} ${Math.round(told.ms)} ms, ${Math.round(told.peakMb)} MB\n`,
        );
      }
    }
  const text = historyTable(results, rows);
  process.stdout.write(`${text}\n`);
  if (values.write === true) writeResults('history', text, `median of ${runs} runs in turn`);
} finally {
  folder.remove();
}

function measured(program: string, task: string, cache: string, file: string): Told {
  const args = ['bin/towline.mjs', program, task, cache, file];
  const output = execFileSync(process.execPath, args, {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return JSON.parse(output.trim().split('\n').at(-1) ?? '') as Told;
}
