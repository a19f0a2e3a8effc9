/** What a soak found: a table of what the processes held over time, and whether anything grew. Pure. */
import type { Held } from '../../bench/probe.ts';
import { growthOfCount, slopeOf } from './slope.ts';

export const partNames = ['runner', 'connector'] as const;
export type PartName = (typeof partNames)[number];

/** One look at both processes. */
export type Sample = {
  /** Since the buffers were full. */
  readonly minutes: number;
  readonly held: Readonly<Record<PartName, Held>>;
  /** Frames that the exchange had sent by then, and market events that the runner had taken in. */
  readonly frames: number;
  readonly lines: number;
};

export type Verdict = {
  /** Markdown. */
  readonly text: string;
  /** Sentences; empty when nothing grew. */
  readonly wrong: readonly string[];
};

/** Heap and external memory may grow by this much an hour, by the upper bound of its slope. */
export const MOST_MEGABYTES_AN_HOUR = 5;

/** A load that is less than this part of what was asked for proves less. */
const RATE_KEPT = 0.95;

/** `rate`: frames a second that were asked of the exchange. */
export function judgeSoak(samples: readonly Sample[], rate: number): Verdict {
  const wrong: string[] = [];
  const framesPerSecond = perSecond(samples, ({ frames }) => frames);
  if (!(framesPerSecond >= RATE_KEPT * rate))
    wrong.push(
      `the exchange sent ${Math.round(framesPerSecond)} frames/s instead of ${rate}: give it more of the machine, or ask for fewer with --rate`,
    );
  const lines = partNames.map((part) => {
    const memory = slopeOf(
      samples.map(({ minutes, held }) => ({ at: minutes / 60, value: memoryOf(held[part]) / 1e6 })),
    );
    const listeners = growthOfCount(samples.map(({ held }) => held[part].listeners));
    const kinds = resourceKinds(samples, part).map((kind) => {
      const growth = growthOfCount(samples.map(({ held }) => held[part].resources[kind] ?? 0));
      if (growth > 0) wrong.push(`${part}: ${kind} grew by ${growth}`);
      return growth;
    });
    if (!(memory.upper < MOST_MEGABYTES_AN_HOUR))
      wrong.push(
        `${part}: heap and external memory may grow by up to ${memory.upper.toFixed(1)} MB/h, ${MOST_MEGABYTES_AN_HOUR} are allowed`,
      );
    if (listeners > 0) wrong.push(`${part}: the listeners grew by ${listeners}`);
    const last = samples.at(-1)?.held[part];
    return row([
      part,
      megabytes(samples[0]?.held[part], memoryOf),
      megabytes(last, memoryOf),
      memory.slope.toFixed(1),
      memory.upper.toFixed(1),
      megabytes(last, ({ rss }) => rss),
      `${countOf(samples[0]?.held[part])} to ${countOf(last)}`,
      `${samples[0]?.held[part].listeners ?? 0} to ${last?.listeners ?? 0}`,
      String(Math.max(0, ...kinds)),
    ]);
  });
  const text = [
    row([
      '',
      'heap + external MB, first',
      'last',
      'slope MB/h',
      'upper 95 % bound',
      'RSS MB',
      'handles',
      'listeners',
      'growth of handles',
    ]),
    '|---|---|---|---|---|---|---|---|---|',
    ...lines,
  ].join('\n');
  return { text, wrong };
}

/** How fast a figure grew between the first look and the last. */
export function perSecond(samples: readonly Sample[], pick: (sample: Sample) => number): number {
  const [first, last] = [samples[0], samples.at(-1)];
  if (first === undefined || last === undefined) return 0;
  return (pick(last) - pick(first)) / ((last.minutes - first.minutes) * 60);
}

/** Bytes. */
function memoryOf({ heapUsed, external }: Held): number {
  return heapUsed + external;
}

/** What comes and goes by itself counts only in the middle, so it is part of it. */
function resourceKinds(samples: readonly Sample[], part: PartName): readonly string[] {
  return [...new Set(samples.flatMap(({ held }) => Object.keys(held[part].resources)))].toSorted();
}

function countOf(held: Held | undefined): number {
  return Object.values(held?.resources ?? {}).reduce((sum, count) => sum + count, 0);
}

function megabytes(held: Held | undefined, pick: (held: Held) => number): string {
  return held === undefined ? '' : (pick(held) / 1e6).toFixed(1);
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}
