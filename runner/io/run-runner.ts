/** The runner in the real world: API bound, child supervised, signals and systemd heard, everything closed in order. */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Failure, ok, type Result } from '../../shared/errors.ts';
import { systemClock } from '../../shared/io/clock.ts';
import type { Logger } from '../../shared/io/log.ts';
import { onStopSignal } from '../../shared/io/signals.ts';
import { type Policy, scaledPolicy } from '../../shared/policy.ts';
import type { Clock, Millis } from '../../shared/time.ts';
import { buildApi } from '../api/io/api-server.ts';
import { apiPorts } from '../api-ports.ts';
import { App } from '../app.ts';
import type { Backfill } from '../backfill/backfill.ts';
import { historyFindings } from '../backfill/history-findings.ts';
import { keptVerifications } from '../backfill/io/kept-verifications.ts';
import { openBackfill } from '../backfill/io/open-backfill.ts';
import { strategyEnvironment } from '../config/child-environment.ts';
import type { Config } from '../config/config.ts';
import { gateSources, todaysTrades } from '../gate-sources.ts';
import { openRecorder, type Recording } from '../history/io/run-recorder.ts';
import { HealthWatch } from '../observe/health-watch.ts';
import { openStored, type Stored } from '../stored/io/open-stored.ts';
import type { DeathTally } from '../supervisor/deaths.ts';
import type { Supervisor } from '../supervisor/supervisor.ts';
import { openSymbols, type Symbols } from '../symbols/io/run-symbols.ts';
import { announce } from './announce.ts';
import { type FlightWatch, openFlightWatch } from './flight-watch.ts';
import { hearStdin } from './hear-stdin.ts';
import { type Listening, listen } from './http-server.ts';
import { type LoopDelayMeter, measureLoopDelay } from './loop-delay.ts';
import type { Store } from './store.ts';
import { buildStrategies, type Strategies } from './strategies.ts';
import { superviseChild } from './supervise-child.ts';
import { serviceManager } from './systemd.ts';

/** The last write of the ledger may take this long. Not scaled: disks are not. */
const LEDGER_WITHIN_MS = 5_000;
/** What died before is only shown: a disk that hangs must not keep the feed from starting. */
const TALLY_WITHIN_MS = 2_000;

export type RunOptions = {
  readonly commandsOnStdin: boolean;
  readonly version: string;
  /** Texts that must not be written anywhere. */
  readonly secrets: readonly string[];
};

/** Runs until told to stop. Answers why it could not start, if it could not. */
export async function runRunner(
  config: Config,
  store: Store,
  log: Logger,
  options: RunOptions,
): Promise<Failure | undefined> {
  const world = await buildWorld(config, store, log, options);
  if (!world.ok) return world.failure;
  const {
    supervisor,
    listening,
    app,
    health,
    strategies,
    policy,
    loopDelay,
    clock,
    symbols,
    flight,
    recording,
    backfill,
    stored,
  } = world.value;
  const finish = Promise.withResolvers<string>();
  const stopSignals = onStopSignal((signal) => finish.resolve(signal));
  const systemd = serviceManager(process.env, log);
  if (options.commandsOnStdin) hearStdin(config, world.value, log, () => finish.resolve('told to shut down'));
  const timer = setInterval(() => {
    clock.unixMicros(); // the clock looks for a sleep of the machine when it is read
    app.tick();
    symbols.desk.tick();
    health.tick();
    flight.disk.tick();
    recording?.recorder.tick(clock.monoMs());
    backfill.tick();
  }, policy.tickEveryMs);

  announce(config, listening, log);
  const { environment, clock: clockKind } = config.connector;
  if (environment !== undefined && clockKind !== 'replay') await app.ledger.open(environment);
  supervisor.start();
  await systemd.ready(`${config.connector.name}, API on ${listening.url}`);
  systemd.startWatchdog();

  const why = await finish.promise;
  log.info({ event: 'runner_stopping', why }, 'stopping: the child first');
  await systemd.stopping();
  app.stopping();
  flight.desk?.stopping();
  backfill.stop();
  stored.stop();
  await supervisor.stop();
  clearInterval(timer);
  // A disk that hangs must not keep the runner from ending: what it does not confirm is not written.
  await Promise.race([app.ledger.stop(), sleep(LEDGER_WITHIN_MS, undefined, { ref: false })]);
  await recording?.stop();
  await strategies.stop();
  await Promise.race([flight.desk?.settled(), sleep(LEDGER_WITHIN_MS, undefined, { ref: false })]);
  await listening.close();
  await Promise.race([symbols.settled(), sleep(LEDGER_WITHIN_MS, undefined, { ref: false })]);
  loopDelay.stop();
  stopSignals();
  process.stdin.destroy();
  return undefined;
}

async function noDeathsAfter(ms: number): Promise<DeathTally> {
  await sleep(ms, undefined, { ref: false });
  return {};
}

type Parts = {
  readonly app: App;
  readonly supervisor: Supervisor;
  readonly health: HealthWatch;
  readonly strategies: Strategies;
  readonly loopDelay: LoopDelayMeter;
  readonly policy: Policy;
  readonly clock: Clock;
  readonly store: Store;
  readonly symbols: Symbols;
  readonly flight: FlightWatch;
  readonly recording: Recording | undefined;
  readonly backfill: Backfill;
  readonly stored: Stored;
};

type World = Parts & { readonly listening: Listening };

async function buildWorld(
  config: Config,
  store: Store,
  log: Logger,
  { version, secrets }: RunOptions,
): Promise<Result<World>> {
  const policy = scaledPolicy(config.timeScale);
  const clock = systemClock(policy.sleptAfterMs, (driftMs) => clockJumped(driftMs, app, log));
  const loopDelay = measureLoopDelay();
  const { instruments, category, bufferSize, connector, context } = config;
  const around = { config, policy, clock, log };
  const flight = openFlightWatch({ ...around, secrets, send: (command) => supervisor.send(command) });
  const symbols = openSymbols({ ...around, send: flight.send, app: () => app });
  const recording = openRecorder({ ...around, symbols, flight, app: () => app });
  const app: App = new App(
    {
      ...{ instruments, category, bufferSize, policy, context },
      nonce: randomBytes(4).toString('hex'),
      topics: [...symbols.desk.topics.values()],
      mayGrow: symbols.desk.hasFilters,
      expected: connector,
    },
    {
      ...{ clock, log, ledger: store },
      heard: (generation) => supervisor.heard(generation),
      announcedReady: (generation) => {
        supervisor.announcedReady(generation);
        symbols.desk.childReady();
      },
      refuse: (generation, refusal) => supervisor.refuse(generation, refusal),
      replaceChild: (generation, message) => supervisor.replace(generation, message),
      ...{ send: flight.send, flight: flight.desk },
      ...{ recorder: recording?.recorder, symbols: symbols.desk },
    },
  );
  const backfill = openBackfill({ ...around, app, symbols, flight, recording });
  const stored = openStored({ ...around, app, recording });
  const strategies = buildStrategies({
    files: config.strategies,
    instruments: () => app.instruments(),
    policy: policy.strategy,
    env: strategyEnvironment(config.connector.env, config.connector.environment, config.dataDir),
    clock,
    log,
    topOf: (instrument, now) => app.context.topOf(instrument, now),
    gate: gateSources(
      app,
      clock.unixMs,
      () => supervisor.report().ready,
      () => health.last,
      () => historyFindings({ backfill, ...todaysTrades(app, clock), needs: config.backfill.gateNeeds }),
    ),
    onSignal: () => app.tell('signals'),
  });
  const supervisor = superviseChild(
    { ...around, app, symbols, flight },
    await Promise.race([store.deathTally(config.connector.name), noDeathsAfter(TALLY_WITHIN_MS)]),
  );
  const beside = { clock, symbols, flight, recording, backfill, stored };
  const seen = { app, supervisor, strategies, loopDelay, ...beside };
  const health = watchHealth(seen);
  const parts = { ...seen, health, policy, store };
  const listening = await serveApi(config, parts, version, log);
  if (!listening.ok) {
    loopDelay.stop();
    return listening;
  }
  app.attachStrategies(strategies.engine);
  return ok({ ...parts, listening: listening.value });
}

function clockJumped(driftMs: Millis, app: App, log: Logger): void {
  const words = 'the wall clock moved: the machine slept, or its clock was set';
  log.warn({ event: 'clock_jumped', driftMs }, words);
  app.clockJumped();
}

/** The judge of how things stand, with what it looks at. */
function watchHealth(seen: Omit<Parts, 'health' | 'policy' | 'store'>): HealthWatch {
  const { app, supervisor, strategies, loopDelay, clock, symbols, flight, backfill } = seen;
  const { desk } = symbols;
  return new HealthWatch({
    app,
    nowMs: clock.unixMs,
    monoNow: clock.monoMs,
    supervisor: () => supervisor.report(),
    loopDelayMs: () => loopDelay.read().p99Ms,
    disabledStrategies: strategies.disabled,
    // Where there are no filters there is nothing to judge.
    symbols: () => (desk.hasFilters ? { waitingFor: desk.waitingFor(), fault: desk.fault() } : undefined),
    diskFault: () => flight.disk.fault(),
    historyFault: () => backfill.fault,
    onReport: (report) => flight.desk?.health(report),
  });
}

/** Builds the API over the app's state and binds it: before any child starts, so that a taken port costs nothing. */
async function serveApi(
  config: Config,
  parts: Parts,
  version: string,
  log: Logger,
): Promise<Result<Listening>> {
  const { app, supervisor, health, strategies, loopDelay, clock, store, symbols, flight } = parts;
  const { recording, backfill, stored } = parts;
  const { name, environment, clock: clockKind, foreign } = config.connector;
  const ports = apiPorts({
    app,
    health,
    nowMs: clock.unixMs,
    monoNow: clock.monoMs,
    supervisor: () => supervisor.report(),
    profile: foreign ? 'command' : name,
    expected: { environment: environment ?? 'unknown', clock: clockKind ?? 'live' },
    strategies: strategies.report,
    loopDelay: () => loopDelay.read(),
    rssBytes: () => process.memoryUsage.rss(),
    storeFailures: store.failures,
    flight: flight.view,
    dumps: () => flight.desk?.counts ?? null,
    diskFreeBytes: () => flight.disk.freeBytes,
    recording: () => recording?.recorder.counts(),
    backfill: () => backfill.view(),
    stored,
    verifications: async (of, ...what) =>
      of === undefined ? [] : await keptVerifications(config.backfill.cacheDir, of, ...what),
    symbols: symbols.desk,
    category: config.category,
  });
  const api = await buildApi({
    ports,
    access: { host: config.host, allowedNames: config.allowedHosts, token: config.apiToken },
    version,
    onChanged: (method, path, status) => flight.desk?.changed({ method, path, status }),
    onBug: (error, url) => log.error({ event: 'bug', err: error, url }, 'a request failed because of a bug'),
  });
  return listen(api, { host: config.host, port: config.port });
}
