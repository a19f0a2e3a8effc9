/** A backtest in the real world: the cache, the user's file, a terminal, and a folder for what comes out. */
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pino } from 'pino';
import { StoreError } from '../../connector/history/store/failures.ts';
import type { PublishedSignal } from '../../runner/strategy/ports.ts';
import { exitCodes } from '../../shared/errors.ts';
import { instrumentKey } from '../../shared/market.ts';
import { fetchCommand, missingLines, missingOf } from '../coverage.ts';
import { handlerText } from '../in-thread.ts';
import type { BacktestOptions } from '../options.ts';
import { pageOf } from '../page-data.ts';
import type { StoredDay, StoredHistory } from '../ports.ts';
import { Backtest, type BacktestReport } from '../run.ts';
import { signalLine } from '../signal-line.ts';
import { grouped } from '../summary.ts';
import { guarded, HangError } from './guard.ts';
import { loadStrategy } from './load-strategy.ts';
import { openStoredHistory } from './stored-history.ts';

/** So long is replayed at a time; the guard then begins anew. It decides nothing but that. */
const STRETCH_MS = 100;

/** Where the words go. */
export type Voices = { readonly out: (text: string) => void; readonly err: (text: string) => void };

/** Answers the exit code. */
export async function runBacktest(options: BacktestOptions, { out, err }: Voices): Promise<number> {
  const history = openStoredHistory(options, Date.now);
  try {
    const days = await history.days();
    const refusal = await whyNot(options, history, days);
    if (refusal !== undefined) {
      err(refusal);
      return exitCodes.tryAgain;
    }
    const loaded = await loadStrategy(options.strategy, options.instrument, options.answerWithinMs);
    if (!loaded.ok) {
      err(`${loaded.failure}\n`);
      return exitCodes.usage;
    }
    const missing = missingOf(options.span, days);
    if (missing.length > 0) err(`replayed with gaps; missing:\n${list(missingLines(missing))}`);
    const backtest = new Backtest({
      ...options,
      ...{ strategy: loaded.value, file: options.strategy, days },
      log: pino({ enabled: false }),
      onSignal: (signal: PublishedSignal) => out(signalLine(signal, options.json)),
    });
    const startedAt = performance.now();
    const report = await replay(backtest, history, options.answerWithinMs);
    if (typeof report === 'string') {
      err(`${report}\n`);
      return exitCodes.bug;
    }
    const seconds = (performance.now() - startedAt) / 1_000;
    out(
      options.json
        ? `${JSON.stringify({ type: 'summary', ...report.summary })}\n`
        : `\n${report.summaryText}`,
    );
    await writeReport(options.out, report);
    const rate = grouped(Math.round(report.summary.trades / seconds));
    err(`replayed in ${seconds.toFixed(1)} s, ${rate} trades a second\n`);
    err(`${path.join(options.out, 'chart.html')}, and signals.csv, outcomes.csv and summary.txt beside it\n`);
    return exitCodes.done;
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    err(`${error.message}\n`);
    return exitCodes.tryAgain;
  } finally {
    await history.close();
  }
}

/** Why there is nothing to replay, with what to do about it; undefined when there is. */
async function whyNot(
  { instrument, environment, span, cache, isCacheNamed, allowGaps }: BacktestOptions,
  history: StoredHistory,
  days: readonly StoredDay[],
): Promise<string | undefined> {
  const missing = missingOf(span, days);
  const isNothing = days.every(({ kind }) => kind !== 'stored');
  if (missing.length === 0 || (allowGaps && !isNothing)) return undefined;
  const fetch = fetchCommand(instrument, environment, missing, isCacheNamed ? cache : undefined);
  const what = `${instrumentKey(instrument)} of ${environment}`;
  const symbols = await history.symbols();
  const known = symbols.includes(instrument.symbol)
    ? ''
    : `Of this market the cache has: ${symbols.length === 0 ? 'nothing' : symbols.slice(0, 20).join(', ')}.\n`;
  return `trades of ${what} are missing in ${cache}:\n${list(missingLines(missing))}${known}Fetch them:\n  ${fetch}\n${
    isNothing ? '' : 'Or replay what there is with --allow-gaps: the strategy is then told of each gap.\n'
  }`;
}

/** The report, or why it was given up, in words. */
async function replay(
  backtest: Backtest,
  history: StoredHistory,
  withinMs: number,
): Promise<BacktestReport | string> {
  try {
    for await (const batch of history.trades()) {
      for (let row = 0; row < batch.rows; ) {
        const until = performance.now() + STRETCH_MS;
        const start = row;
        row = guarded(withinMs + STRETCH_MS, () =>
          backtest.play(batch, start, () => performance.now() > until),
        );
        if (backtest.disabled !== undefined) return given(backtest, `${backtest.disabled}; given up`);
      }
    }
    const report = guarded(withinMs + STRETCH_MS, () => backtest.end());
    return backtest.disabled === undefined ? report : given(backtest, `${backtest.disabled}; given up`);
  } catch (error) {
    if (!(error instanceof HangError)) throw error;
    const { thread, clock } = backtest.world;
    const where = handlerText(thread.handling, clock.unixMs());
    return `the strategy hangs: ${where} did not return within ${withinMs} ms (--answer-within)`;
  }
}

function given({ world }: Backtest, why: string): string {
  return `the strategy was disabled at ${new Date(world.clock.unixMs()).toISOString()}: ${why}`;
}

/** Each file whole or not at all. */
async function writeReport(folder: string, report: BacktestReport): Promise<void> {
  const part = (name: string): Promise<string> =>
    readFile(new URL(`../page/${name}`, import.meta.url), 'utf8');
  const parts = {
    html: await part('chart.html'),
    style: await part('chart.css'),
    script: await part('chart.js'),
  };
  await mkdir(folder, { recursive: true });
  const files: Readonly<Record<string, string>> = {
    'signals.csv': report.signalsCsv,
    'outcomes.csv': report.outcomesCsv,
    'summary.txt': report.summaryText,
    'chart.html': pageOf(parts, report.chart),
  };
  for (const [name, text] of Object.entries(files)) {
    const file = path.join(folder, name);
    await writeFile(`${file}.partial`, text);
    await rename(`${file}.partial`, file);
  }
}

function list(lines: readonly string[]): string {
  return lines.map((line) => `  - ${line}\n`).join('');
}
