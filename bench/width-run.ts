/**
 * One run of towline at a width: so many symbols, the same frames a second in all.
 *
 * The frames come from the frame server of the other measurement, encoded before they are sent: the simulated exchange would
 * cost more than what is measured. Each frame goes over the socket that carries its topic.
 */
import type { ConsumerLink } from './control.ts';
import { FrameSource } from './frames.ts';
import { type Bench, type Load, type PhaseResult, pace, saturate } from './measure.ts';
import { heldAfterGc, residentBytes, temporaryFolder, until } from './processes.ts';
import { servedBookHash, startTowline } from './subjects.ts';

export type WidthRun = {
  readonly symbols: number;
  readonly saturated: PhaseResult;
  readonly paced: PhaseResult;
  /** Bytes of runner and connector. */
  readonly heap: readonly [runner: number, child: number];
  readonly resident: readonly [runner: number, child: number];
  /** Sentences; empty when in the end all was known that had been sent. */
  readonly wrong: readonly string[];
};

/** Of so many books the levels are compared in the end. */
const BOOKS_COMPARED = 20;

export function symbolsOf(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `W${String(index + 1).padStart(3, '0')}USDT`);
}

/** Something that is done with a runner on so many symbols while it is there. */
async function withRunner<T>(
  bench: Bench,
  count: number,
  profileFolder: string | undefined,
  use: (world: {
    readonly subject: Awaited<ReturnType<typeof startTowline>>;
    readonly link: ConsumerLink;
    readonly source: FrameSource;
    readonly folder: string;
  }) => Promise<T>,
): Promise<T> {
  const folder = temporaryFolder();
  const symbols = symbolsOf(count);
  const source = new FrameSource(symbols);
  bench.server.serve(source);
  const hello = bench.control.nextConsumer();
  const subject = await startTowline(
    { exchangePort: bench.server.port, controlPort: bench.control.port, folder: folder.path, profileFolder },
    symbols,
  );
  try {
    const link = await hello;
    await until('all topics are subscribed', bench.server.isSubscribed, 60_000);
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    return await use({ subject, link, source, folder: folder.path });
  } catch (error) {
    throw new Error(
      `${count} symbols: ${String(error)}\nlast lines:\n${subject.lines.slice(-10).join('\n')}`,
    );
  } finally {
    await subject.stop();
    folder.remove();
  }
}

/** Warmed up, saturated and paced, as `load` says. */
export function runWidth(bench: Bench, count: number, load: Load, profileFolder?: string): Promise<WidthRun> {
  return withRunner(bench, count, profileFolder, async ({ subject, link, source, folder }) => {
    const cold = await saturate(bench, subject, link, source, load);
    const saturated = await saturate(bench, subject, link, source, load);
    const paced = await pace(bench, subject, link, source, load);
    const [runner, child] = subject.parts.map(({ pid }) => pid);
    const pids = [runner ?? 0, child ?? 0] as const;
    const resident = [residentBytes(pids[0]).now, residentBytes(pids[1]).now] as const;
    const heap = [await heldAfterGc(pids[0], folder), await heldAfterGc(pids[1], folder)] as const;
    const wrong: string[] = [];
    const consumed = cold.told.trades + saturated.told.trades + paced.told.trades;
    if (consumed !== source.trades)
      wrong.push(`${consumed} trades were consumed, ${source.trades} were sent`);
    if (count === 1 && cold.told.jumps + saturated.told.jumps + paced.told.jumps > 0)
      wrong.push('trades came out of order');
    const step = Math.max(1, Math.floor(count / BOOKS_COMPARED));
    for (const symbol of symbolsOf(count).filter((_, index) => index % step === 0)) {
      const [known, sent] = [await servedBookHash(subject.api, symbol), source.truth(symbol).bookHash];
      if (known !== sent) wrong.push(`the book of ${symbol} is ${known}, it should be ${sent}`);
    }
    return {
      symbols: count,
      saturated: saturated.result,
      paced: paced.result,
      heap: [heap[0].heapUsed, heap[1].heapUsed],
      resident,
      wrong,
    };
  });
}

export type RateStep = { readonly asked: number; readonly phase: PhaseResult };

/** Higher and higher rates until one is not kept any more: it takes longer than it should, or trades are half a second late. */
export function rateSteps(
  bench: Bench,
  count: number,
  rates: readonly number[],
  seconds: number,
): Promise<readonly RateStep[]> {
  return withRunner(bench, count, undefined, async ({ subject, link, source }) => {
    const steps: RateStep[] = [];
    for (const asked of rates) {
      const load = {
        tradesPerFrame: 1,
        saturatedFrames: 0,
        pacedFrames: asked * seconds,
        framesPerSecond: asked,
      };
      const { result } = await pace(bench, subject, link, source, load);
      steps.push({ asked, phase: result });
      if (!isKept(steps.at(-1))) break;
    }
    return steps;
  });
}

/** Did everything arrive as fast as it was sent? */
export function isKept(step: RateStep | undefined): boolean {
  return (
    step !== undefined &&
    step.phase.framesPerSecond > 0.97 * step.asked &&
    (step.phase.latency?.p99 ?? 0) < 500
  );
}
