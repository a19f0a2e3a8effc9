/** The results as Markdown. Medians over the runs; ratios are taken run by run, against ccxt in the same run. */
import type { LiveCost } from './live-symbol.ts';
import type { PhaseResult, RunResult } from './measure.ts';
import { type SubjectName, subjectNames } from './subjects.ts';

const titles: Readonly<Record<SubjectName, string>> = {
  ws: '(a) ws + JSON.parse',
  'bybit-api': '(b) bybit-api',
  ccxt: '(c) ccxt pro',
  towline: '(d) towline',
};

type PhaseName = 'cold' | 'saturated' | 'paced';

/** Two tables for one scenario. `results` are those of all runs, in order. */
export function scenarioTables(results: readonly RunResult[]): string {
  const of = (name: SubjectName) => results.filter(({ subject }) => subject === name);
  const reference = of('ccxt');
  const present = subjectNames.filter((name) => of(name).length > 0);
  const costs = present.map((name) => {
    const runs = of(name);
    const pick = (value: (run: RunResult) => number) => median(runs.map(value));
    const ratio = (phase: PhaseName) => {
      const pairs = runs.flatMap((run, index) => {
        const other = reference[index];
        return other === undefined ? [] : [totalCpu(run[phase]) / totalCpu(other[phase])];
      });
      return pairs.length === 0 ? '' : median(pairs).toFixed(2);
    };
    return row([
      titles[name],
      Math.round(pick((run) => run.saturated.framesPerSecond)).toLocaleString('en'),
      cpuText(runs, 'saturated'),
      ratio('saturated'),
      cpuText(runs, 'cold'),
      ratio('cold'),
      cpuText(runs, 'paced'),
      ratio('paced'),
    ]);
  });
  const states = present.map((name) => {
    const runs = of(name);
    const latency = (key: 'p50' | 'p99' | 'p999' | 'max') =>
      median(runs.map((run) => run.paced.latency?.[key] ?? Number.NaN)).toFixed(2);
    return row([
      titles[name],
      latency('p50'),
      latency('p99'),
      latency('p999'),
      latency('max'),
      byPart(runs, (run, part) => run.heap[part]),
      byPart(runs, (run, part) => (part === 'strategy' ? undefined : run.resident[part]?.now)),
      byPart(runs, (run, part) => (part === 'strategy' ? undefined : run.resident[part]?.peak)),
    ]);
  });
  return [
    row([
      '',
      'saturated frames/s',
      'CPU µs/frame',
      'to (c)',
      'CPU µs/frame cold',
      'to (c)',
      'CPU µs/frame paced',
      'to (c)',
    ]),
    '|---|---|---|---|---|---|---|---|',
    ...costs,
    '',
    row(['', 'p50 ms', 'p99', 'p99.9', 'max', 'heap MB', 'RSS MB', 'RSS peak MB']),
    '|---|---|---|---|---|---|---|---|',
    ...states,
  ].join('\n');
}

export function liveLine({ runner, child, eventsPerSecond }: LiveCost): string {
  return `One live symbol (BTCUSDT, trades and depth.50, ${Math.round(eventsPerSecond)} events/s): runner ${runner.toFixed(1)} %, child ${child.toFixed(1)} % of one core.`;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}

export function totalCpu({ cpu }: PhaseResult): number {
  return Object.values(cpu).reduce((sum, micros) => sum + micros, 0);
}

/** "52.1 (runner 30.0 + child 22.1)" */
function cpuText(runs: readonly RunResult[], phase: PhaseName): string {
  const total = median(runs.map((run) => totalCpu(run[phase]))).toFixed(1);
  if (runs[0]?.saturated.cpu.child === undefined) return total;
  const of = (part: 'runner' | 'child') => median(runs.map((run) => run[phase].cpu[part] ?? 0)).toFixed(1);
  return `${total} (runner ${of('runner')}, child ${of('child')})`;
}

function byPart(
  runs: readonly RunResult[],
  value: (run: RunResult, part: 'client' | 'runner' | 'child' | 'strategy') => number | undefined,
): string {
  const texts: string[] = [];
  for (const part of ['client', 'runner', 'child', 'strategy'] as const) {
    const known = runs.flatMap((run) => value(run, part) ?? []);
    if (known.length === 0) continue;
    const megabytes = (median(known) / 1e6).toFixed(0);
    texts.push(part === 'client' ? megabytes : `${part} ${megabytes}`);
  }
  return texts.join(', ');
}

export function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}
