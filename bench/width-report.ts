/** The results of the width as Markdown. Ratios run by run, against one symbol in the same run; medians over the runs. */
import type { PhaseResult } from './measure.ts';
import { median, row, totalCpu } from './report.ts';
import { isKept, type RateStep, type WidthRun } from './width-run.ts';

export function widthTables(results: readonly WidthRun[], steps: readonly RateStep[]): string {
  const parts = [costs(results), rates(steps)].filter((part) => part !== '');
  return `${parts.join('\n\n')}\n`;
}

function costs(results: readonly WidthRun[]): string {
  const widths = [...new Set(results.map(({ symbols }) => symbols))].toSorted((one, other) => one - other);
  const of = (width: number) => results.filter(({ symbols }) => symbols === width);
  const narrow = of(widths[0] ?? 1);
  const lines = widths.map((width) => {
    const runs = of(width);
    const pick = (value: (run: WidthRun) => number): number => median(runs.map(value));
    const ratio = (phase: 'saturated' | 'paced'): string =>
      median(
        runs.flatMap((run, index) => {
          const other = narrow[index];
          return other === undefined ? [] : [totalCpu(run[phase]) / totalCpu(other[phase])];
        }),
      ).toFixed(2);
    const cpu = (phase: 'saturated' | 'paced'): string => {
      const part = (name: 'runner' | 'child'): string => pick((run) => run[phase].cpu[name] ?? 0).toFixed(1);
      return `${pick((run) => totalCpu(run[phase])).toFixed(1)} (runner ${part('runner')}, child ${part('child')})`;
    };
    return row([
      String(width),
      Math.round(pick((run) => run.saturated.framesPerSecond)).toLocaleString('en'),
      cpu('saturated'),
      ratio('saturated'),
      cpu('paced'),
      ratio('paced'),
      ...latencies(pick),
      `runner ${megabytes(pick((run) => run.heap[0]))}, child ${megabytes(pick((run) => run.heap[1]))}`,
      `runner ${megabytes(pick((run) => run.resident[0]))}, child ${megabytes(pick((run) => run.resident[1]))}`,
    ]);
  });
  if (lines.length === 0) return '';
  const heads = [
    'symbols',
    'saturated frames/s',
    'CPU µs/frame',
    'to one',
    'CPU µs/frame at 15,000/s',
    'to one',
  ];
  return [
    row([...heads, 'p50 ms', 'p99', 'p99.9', 'heap MB', 'RSS MB']),
    '|---|---|---|---|---|---|---|---|---|---|---|',
    ...lines,
  ].join('\n');
}

function latencies(pick: (value: (run: WidthRun) => number) => number): readonly string[] {
  return (['p50', 'p99', 'p999'] as const).map((key) =>
    pick((run) => run.paced.latency?.[key] ?? Number.NaN).toFixed(2),
  );
}

function rates(steps: readonly RateStep[]): string {
  if (steps.length === 0) return '';
  const kept = steps.filter(isKept).at(-1)?.asked ?? 0;
  return [
    row(['frames/s sent', 'consumed', 'CPU µs/frame', 'p50 ms', 'p99']),
    '|---|---|---|---|---|',
    ...steps.map(({ asked, phase }) =>
      row([
        asked.toLocaleString('en'),
        Math.round(phase.framesPerSecond).toLocaleString('en'),
        totalCpu(phase).toFixed(1),
        latency(phase, 'p50'),
        latency(phase, 'p99'),
      ]),
    ),
    '',
    `The highest rate that was kept up: ${kept.toLocaleString('en')} frames/s (consumed at 97 % of it at least, p99 below 500 ms).`,
  ].join('\n');
}

function latency(phase: PhaseResult, key: 'p50' | 'p99'): string {
  return phase.latency?.[key].toFixed(2) ?? '';
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(0);
}
