/** How a run is told while it goes on: a bar on a terminal, or else events on stdout, one a line. */
import cliProgress from 'cli-progress';
import type { Clock } from '../../../../shared/time.ts';
import type { DayOutcome } from '../outcome.ts';
import { bytesText, durationText, type Progress, ProgressMeter } from '../progress.ts';
import type { RunPorts } from '../run-days.ts';
import type { Line } from './run-history.ts';

export type Teller = Required<Pick<RunPorts, 'onStage' | 'onDay'>> & { readonly end: () => void };

/** How often progress is told beside the ends of days. */
const EVERY_MS = 1_000;
const BAR_EVERY_MS = 100;

export type TellerOptions = {
  readonly days: number;
  readonly clock: Clock;
  /** That came over the line so far. */
  readonly bytes: () => number;
  /** Undefined: no terminal. */
  readonly terminal: NodeJS.WriteStream | undefined;
  /** A line of JSON. */
  readonly emit: (event: Line) => void;
};

export function openTeller({ days, clock, bytes, terminal, emit }: TellerOptions): Teller {
  const meter = new ProgressMeter(days, clock.monoMs());
  const tell = terminal === undefined ? eventsOf(emit, clock) : barOn(terminal, days);
  const now = (done = false): void => tell.show(meter.tell(clock.monoMs(), bytes()), done);
  const timer = setInterval(now, terminal === undefined ? EVERY_MS : BAR_EVERY_MS);
  timer.unref();
  return {
    onStage: (key, stage, of) => meter.stage(key, stage, of),
    onDay: (day: DayOutcome) => {
      meter.day(day);
      now();
    },
    end: () => {
      clearInterval(timer);
      now(true);
      tell.stop();
    },
  };
}

type Shown = { readonly show: (progress: Progress, done: boolean) => void; readonly stop: () => void };

function barOn(terminal: NodeJS.WriteStream, days: number): Shown {
  const bar = new cliProgress.SingleBar({
    stream: terminal,
    hideCursor: true,
    clearOnComplete: false,
    format: '{bar} {value}/{total} days | {rows} rows | {bytes} | {rate}/s | {left} left | {now}',
    barsize: 24,
    // Another program's output would be torn otherwise.
    linewrap: false,
  });
  const payload = (progress: Progress): Readonly<Record<string, string>> => ({
    rows: progress.rows.toLocaleString('en-US'),
    bytes: bytesText(progress.bytes),
    rate: bytesText(progress.bytesPerSecond),
    left: durationText(progress.etaMs),
    now: progress.now.slice(0, 2).join(', '),
  });
  bar.start(days, 0, { rows: '0', bytes: '0 B', rate: '0 B', left: '-', now: '' });
  return { show: (progress) => bar.update(progress.daysDone, payload(progress)), stop: () => bar.stop() };
}

function eventsOf(emit: (event: Line) => void, clock: Clock): Shown {
  return {
    show: (progress, done) =>
      emit({
        type: 'progress',
        task: 'history',
        current: progress.daysDone,
        total: progress.days,
        done,
        at: clock.unixMs(),
        bytes: progress.bytes,
        rows: progress.rows,
        bytes_per_second: Math.round(progress.bytesPerSecond),
        eta_ms: progress.etaMs ?? null,
        now: progress.now.slice(0, 16),
      }),
    stop: () => undefined,
  };
}
