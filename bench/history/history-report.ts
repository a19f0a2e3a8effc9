/** The results as Markdown: medians over the runs, and how many times as long the peer takes. */
import { median } from '../report.ts';
import type { Told } from './figures.ts';

export const subjects = [
  { name: 'towline', program: 'bench/history/towline-history.ts' },
  { name: 'papaparse + hyparquet', program: 'bench/history/papaparse-hyparquet.ts' },
] as const;
export const tasks = ['convert', 'levels', 'cached', 'minute'] as const;
export type Task = (typeof tasks)[number];

export type HistoryRunResult = {
  readonly subject: (typeof subjects)[number]['name'];
  readonly task: Task;
  readonly told: Told;
};

const titles: Readonly<Record<Task, string>> = {
  convert: 'archive file to sorted Parquet',
  levels: 'archive file to levels',
  cached: 'stored day to levels',
  minute: 'one minute of the stored day',
};

/** Times are of the wall clock, without the start of the process; memory is its peak. */
export function historyTable(results: readonly HistoryRunResult[], rows: number): string {
  const lines = tasks.flatMap((task) => {
    const [ours, peer] = subjects.map(({ name }) => {
      const told = results.filter((one) => one.subject === name && one.task === task).map((one) => one.told);
      const of = (pick: (one: Told) => number | undefined): number =>
        median(told.map((one) => pick(one) ?? Number.NaN));
      return {
        name,
        ms: of((one) => one.ms),
        cpu: of((one) => one.cpuMs),
        peak: of((one) => one.peakMb),
        longest: of((one) => one.longestMs),
        rows: of((one) => one.rows),
      };
    });
    if (ours === undefined || peer === undefined) return [];
    return [ours, peer].map(
      (one) =>
        `| ${[
          one === ours ? titles[task] : '',
          one.name,
          one.ms >= 1_000 ? `${(one.ms / 1_000).toFixed(2)} s` : `${one.ms.toFixed(0)} ms`,
          task === 'convert' ? `${(rows / one.ms / 1_000).toFixed(2)} M rows/s` : '',
          task === 'minute' ? '' : `${(one.cpu / 1_000).toFixed(1)} s`,
          `${Math.round(one.peak)} MB`,
          one === ours && !Number.isNaN(one.longest) ? `${one.longest.toFixed(0)} ms` : '',
          one === peer ? `${(peer.ms / ours.ms).toFixed(1)}x` : '',
        ].join(' | ')} |`,
    );
  });
  return [
    '| work | by | time | | CPU | peak memory | longest step of the runner | takes |',
    '|---|---|---|---|---|---|---|---|',
    ...lines,
  ].join('\n');
}
