/** The verb `stream` in the real world: sockets, stdio, clocks and signals around the pure `Stream`. */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock, systemRandom } from '../../shared/io/clock.ts';
import type { Logger } from '../../shared/io/log.ts';
import { onStopSignal } from '../../shared/io/signals.ts';
import type { Category } from '../../shared/market.ts';
import { publicSocketUrl } from '../../shared/settings/bybit-urls.ts';
import { proxyFor } from '../../shared/settings/proxy.ts';
import { withoutLogin } from '../../shared/settings/words.ts';
import { type Clock, unixMs } from '../../shared/time.ts';
import { type ConnectionLog, memoryConnectionLog } from '../connection-budget.ts';
import type { ProcessReading } from '../process-meter.ts';
import type { MarketRest } from '../rest/market-rest.ts';
import { Stream } from '../stream.ts';
import type { StreamOptions } from '../stream-options.ts';
import { findTopics } from '../symbols.ts';
import { openBanFile } from './ban-file.ts';
import { openConnectionLog } from './connection-budget-file.ts';
import { notedGet, openRecords, type Records } from './flight-records.ts';
import type { HttpGet } from './rest-http.ts';
import { openRestPort } from './rest-port.ts';
import { socketSlot } from './socket.ts';
import { openStdio } from './stdio.ts';

/** Streams until told to stop, by a signal, a command, or the end of whoever reads us. */
export async function runStream(options: StreamOptions, env: NodeJS.ProcessEnv, log: Logger): Promise<void> {
  const { policy, environment } = options;
  const finish = Promise.withResolvers<string>();
  const clock = systemClock(policy.sleptAfterMs, (drift) => stream.slept(drift));
  const records = openRecords(options, env, clock, log);
  const stdio = openStdio(
    {
      onCommand: (value) => stream.command(value),
      onBadCommand: (reason) => stream.badCommand(reason),
      onDrain: () => stream.drained(),
      onHangUp: (why) => finish.resolve(why),
    },
    {
      maxLineLength: policy.maxLineLength,
      stopOnEof: options.stopOnEof,
      parentPid: options.parentPid,
      parentCheckEveryMs: policy.parentCheckEveryMs,
    },
  );
  const urls = urlsOf(options);
  const asked = restPort(options, clock, env, log, records.flight);
  const stream = new Stream(
    {
      environment,
      defaultCategory: options.category,
      urls,
      policy,
      redundancy: options.redundancy,
      pid: process.pid,
      nonce: randomBytes(4).toString('hex'),
    },
    {
      clock,
      random: systemRandom,
      socket: (category, events) =>
        socketSlot(events, {
          handshakeTimeoutMs: policy.connection.openTimeoutMs,
          proxyUrl: proxyFor(urls[category] ?? '', env),
        }),
      connectionLog: connectionLog(options, log),
      rest: asked?.rest,
      writeLine: stdio.write,
      lineRoom: stdio.batch,
      isBlocked: stdio.isBlocked,
      readProcess,
      record: records.record,
      flight: records.flight,
      onShutdown: () => finish.resolve('told to shut down'),
    },
  );
  const stopListening = onStopSignal((signal) => finish.resolve(signal));
  stream.start();
  for (const topic of options.topics) stream.subscribe(topic);
  const endSearch = startSearch(options, asked?.rest, stream, clock, log);
  const timer = setInterval(() => stream.tick(), policy.tickEveryMs);
  log.info({ event: 'connector_started', environment, urls: shown(urls) }, 'streaming');

  const why = await finish.promise;
  endSearch();
  stream.stop(why);
  log.info({ event: 'connector_stopping', why }, 'stopping');
  await flushed(stream, stdio, why === 'stdout closed' ? 0 : policy.flushWithinMs);
  clearInterval(timer);
  stopListening();
  await asked?.close();
  await records.close();
  stdio.flush();
  stdio.close();
}

function urlsOf({ environment, overrides }: StreamOptions): Readonly<Record<Category, string>> {
  return {
    linear: publicSocketUrl(environment, 'linear', overrides),
    spot: publicSocketUrl(environment, 'spot', overrides),
    inverse: publicSocketUrl(environment, 'inverse', overrides),
  };
}

function shown(urls: Readonly<Record<Category, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(urls).map(([category, url]) => [category, withoutLogin(url)]));
}

/** What filters fit is subscribed when the exchange has said what it trades. Answers what ends the search. */
function startSearch(
  { filtered, topics, policy }: StreamOptions,
  rest: MarketRest | undefined,
  stream: Stream,
  clock: Clock,
  log: Logger,
): () => void {
  if (filtered === undefined || rest === undefined) return () => undefined;
  const search = new AbortController();
  const { signal } = search;
  const found = findTopics(filtered, topics, {
    rest,
    random: systemRandom,
    wait: (ms) => sleep(ms, undefined, { signal, ref: false }).catch(() => undefined),
    nowMs: clock.unixMs,
    log,
    isOver: () => signal.aborted,
    backoff: policy.symbols.backoff,
  });
  void found.then((fitting) => {
    if (!signal.aborted) for (const topic of fitting ?? []) stream.subscribe(topic);
  });
  return () => search.abort();
}

function restPort(
  { restUrl, banDir, policy }: StreamOptions,
  clock: Clock,
  env: NodeJS.ProcessEnv,
  log: Logger,
  flight: Records['flight'],
) {
  if (restUrl !== undefined) {
    const watch = flight && ((get: HttpGet['get']) => notedGet(get, flight.note, clock));
    const warn = (event: string, words: string) => log.warn({ event }, words);
    const bans = banDir && openBanFile(banDir, { clock, longestMs: policy.rest.shutOutMs, warn });
    return openRestPort({
      ...{ baseUrl: restUrl, policy: policy.rest, clock, env, log, watch },
      ...(bans && { bans }),
    });
  }
  log.warn(
    { event: 'rest_off' },
    "the sockets are not Bybit's, and which REST interface belongs to them is not known: no gap heals, and instruments and " +
      'read_book are refused; name it in BYBIT_REST_BASE_URL',
  );
  return undefined;
}

/** Waits until every line has left, or until it is clear that nobody takes them. */
async function flushed(
  stream: Stream,
  stdio: { flush: () => void; isBlocked: () => boolean },
  withinMs: number,
): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (performance.now() < deadline && (!stream.isFlushed || stdio.isBlocked())) {
    stdio.flush();
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  stdio.flush();
}

function readProcess(): ProcessReading {
  const { user, system } = process.cpuUsage();
  const { rss, heapUsed } = process.memoryUsage();
  return {
    cpuMicros: user + system,
    wallMicros: performance.now() * 1_000,
    rssBytes: rss,
    heapBytes: heapUsed,
  };
}

/** On disk where a folder was given, so that a restarted connector knows what its forerunners opened. */
function connectionLog({ stateDir, policy }: StreamOptions, log: Logger): ConnectionLog {
  const { windowMs } = policy.connection.budget;
  if (stateDir === undefined) return memoryConnectionLog(windowMs);
  return openConnectionLog(stateDir, {
    keepMs: windowMs,
    now: () => unixMs(Date.now()),
    warn: (reason) => log.warn({ event: 'connection_log_failed' }, reason),
  });
}
