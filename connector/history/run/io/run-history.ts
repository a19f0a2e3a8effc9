/** The verb `history` in the real world: the exchange, the cache, a terminal or whoever reads the lines, and signals. */
import { once } from 'node:events';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { constants, getPriority, setPriority, tmpdir } from 'node:os';
import path from 'node:path';
import { systemClock } from '../../../../shared/io/clock.ts';
import type { Logger } from '../../../../shared/io/log.ts';
import { onStopSignal } from '../../../../shared/io/signals.ts';
import { scaledPolicy } from '../../../../shared/policy.ts';
import type { Clock } from '../../../../shared/time.ts';
import { ConfigError } from '../../../command-line.ts';
import { openPolite, type Polite, type PolitePorts } from '../../polite/io/polite.ts';
import type { HistoryOptions } from '../options.ts';
import type { HistorySource } from '../ports.ts';
import { type OpenedStore, openStore } from './day-store.ts';
import type { JournalCut } from './journal.ts';
import { sharedBans } from './shared-bans.ts';
import { clockOffset, openSource } from './sources.ts';

/** An event of shared/events/history-events.ts, or the answer of --check; its number is given when it is written. */
export type Line = { readonly type: string; readonly [field: string]: unknown };

/** What all tasks of the verb work with. */
export type HistoryWorld = {
  readonly options: HistoryOptions;
  readonly clock: Clock;
  readonly log: Logger;
  readonly polite: Polite;
  readonly root: string;
  readonly signal: AbortSignal;
  /** Whoever asked is gone: stop, and keep what is done. */
  readonly abort: () => void;
  /** The exchange, and what was recorded; asks for the exchange's clock at first. */
  readonly source: (cuts?: ReadonlyMap<string, JournalCut>) => Promise<HistorySource>;
  readonly store: OpenedStore;
  /** Failures that were logged: one that concerns many days is told once. */
  readonly told: Set<string>;
  /** A line of the protocol on stdout. */
  readonly emit: (event: Line) => void;
  /** Waits while whoever reads is behind: what is told of many days must not pile up here. */
  readonly drained: () => Promise<void>;
};

/** Answers the exit code. */
export async function runHistory(
  options: HistoryOptions,
  env: NodeJS.ProcessEnv,
  log: Logger,
): Promise<number> {
  for (const warning of options.warnings) process.stderr.write(`warning: ${warning}\n`);
  const there = await stat(options.root).catch(() => undefined);
  if (there !== undefined && !there.isDirectory())
    throw new ConfigError('history', [
      `${options.root} is no folder: name another one with --out, or in BACKFILL_CACHE_DIR`,
    ]);
  // Whoever else lives on this machine comes first. Nobody may become less nice again.
  setPriority(Math.max(getPriority(), constants.priority.PRIORITY_BELOW_NORMAL));
  const stop = new AbortController();
  const stopListening = onStopSignal((why) => {
    log.info(
      { event: 'history_stopping', why },
      'stopping; what is done is kept, the same call goes on from here',
    );
    stop.abort();
  });
  // Nobody reads any more: an ordinary end.
  process.stdout.on('error', () => stop.abort());
  const clock = systemClock(scaledPolicy().sleptAfterMs, () => undefined);
  const ports: PolitePorts = { clock, env, warn: (fields, message) => log.warn(fields, message) };
  const bans = sharedBans(options.dataDir, options.settings, ports);
  const polite = openPolite(options.settings, { ...ports, bans });
  const root = options.isTemporary ? await mkdtemp(path.join(tmpdir(), 'towline-history-')) : options.root;
  const store = openStore({ root, unixMs: clock.unixMs });
  let n = 0;
  let asked: Promise<HistorySource> | undefined;
  const { settings, dataDir } = options;
  const world: HistoryWorld = {
    ...{ options, clock, log, polite, root, store },
    signal: stop.signal,
    told: new Set(),
    abort: () => stop.abort(),
    source: (cuts) => {
      asked ??= clockOffset(polite, log).then((offsetMs) =>
        openSource({ settings, polite, clock, offsetMs, root, dataDir, ...(cuts && { cuts }) }),
      );
      return asked;
    },
    drained: async () => {
      if (!process.stdout.writableNeedDrain || stop.signal.aborted) return;
      await once(process.stdout, 'drain', { signal: stop.signal }).catch(() => undefined);
    },
    emit: (event) => {
      n += 1;
      const { type, ...rest } = event;
      process.stdout.write(`${JSON.stringify({ type, n, ...rest })}\n`);
    },
  };
  try {
    return await perform(world);
  } finally {
    await store.close();
    await polite.close();
    if (options.isTemporary) await rm(root, { recursive: true, force: true });
    stopListening();
  }
}

async function perform(world: HistoryWorld): Promise<number> {
  const { task } = world.options;
  switch (task.kind) {
    case 'fetch':
      return await (await import('./fetch.ts')).fetchHistory(world, task);
    case 'check':
      return await (await import('./check.ts')).checkAccess(world);
    case 'clear':
      return await (await import('./clear.ts')).clearCache(world, task);
    case 'verify':
      return await (await import('./verify.ts')).verifyDays(world, task);
    case 'day_totals':
      return await (await import('./answer-request.ts')).answerRequest(world);
    case 'rows':
      return await (await import('./tell-rows.ts')).tellRows(world, task);
  }
}
