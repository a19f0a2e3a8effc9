/** The four that are measured, each behind the same few questions: which processes, and (of towline) what its book is. */
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { runnerFlags } from '../bin/runner-flags.ts';
import { EXCHANGE_PORT } from './clients/exchange-port.ts';
import { CONTROL_PORT } from './control.ts';
import { bookHash, DEPTH, SYMBOL } from './frames.ts';
import { root, type Started, start, until } from './processes.ts';

export const subjectNames = ['ws', 'bybit-api', 'ccxt', 'towline'] as const;
export type SubjectName = (typeof subjectNames)[number];

/** A process of a subject. */
export type Part = { readonly name: 'client' | 'runner' | 'child'; readonly pid: number };

export type Subject = {
  readonly parts: readonly Part[];
  /** The book that it answers when asked from outside; null where nobody can ask. */
  readonly bookHash: () => Promise<string | null>;
  /** The last lines that it printed. */
  readonly lines: readonly string[];
  readonly stop: () => Promise<void>;
};

export type Surroundings = {
  readonly exchangePort: number;
  readonly controlPort: number;
  /** For data and answers of probes. */
  readonly folder: string;
  /** Where CPU profiles go, if wanted. */
  readonly profileFolder: string | undefined;
};

/** Starts a subject; it connects and subscribes by itself. */
export function startSubject(name: SubjectName, around: Surroundings): Promise<Subject> {
  return name === 'towline' ? startTowline(around) : Promise.resolve(startClient(name, around));
}

function startClient(name: Exclude<SubjectName, 'towline'>, around: Surroundings): Subject {
  const client = start([`bench/clients/${name}.ts`], environment(around));
  return {
    parts: [{ name: 'client', pid: client.pid }],
    bookHash: () => Promise.resolve(null),
    lines: client.lines,
    stop: client.stop,
  };
}

/** `symbols` instead of the one, and not so soon impatient with many. */
export async function startTowline(
  around: Surroundings,
  symbols: readonly string[] = [SYMBOL],
): Promise<Subject & { readonly api: string }> {
  const runner = start([...runnerFlags, 'bin/towline.mjs', 'runner/main.ts'], {
    ...environment(around),
    ...runnerEnvironment(`ws://127.0.0.1:${around.exchangePort}/v5/public`, around.folder),
    SYMBOLS: symbols.join(','),
    BYBIT_REST_BASE_URL: `http://127.0.0.1:${around.exchangePort}`,
    STRATEGIES: path.join(root, 'bench', 'clients', 'strategy.ts'),
  });
  const { api, childPid } = await runnerReady(runner, symbols.length > 1 ? 60_000 : 20_000);
  return {
    parts: [
      { name: 'runner', pid: runner.pid },
      { name: 'child', pid: childPid },
    ],
    bookHash: () => servedBookHash(api, symbols[0] ?? SYMBOL),
    lines: runner.lines,
    stop: runner.stop,
    api,
  };
}

/** The hash of the book that a runner serves. */
export async function servedBookHash(api: string, symbol: string): Promise<string> {
  const response = await fetch(`${api}/orderbook?symbol=${symbol}&levels=${DEPTH}`);
  return bookHash((await response.json()) as Parameters<typeof bookHash>[0]);
}

/** Settings of a runner that listens to a simulated exchange and bothers nobody. */
export function runnerEnvironment(socketUrl: string, dataDir: string): Readonly<Record<string, string>> {
  return {
    CONNECTOR_PROFILE: 'simulated',
    BYBIT_WEBSOCKET_PUBLIC_URL: socketUrl,
    SYMBOLS: SYMBOL,
    SUBSCRIPTIONS: `trades,depth.${DEPTH}`,
    PORT: '0',
    DATA_DIR: dataDir,
    // The feed is measured; history is another program, which comes and goes.
    BACKFILL: 'off',
    LOG_LEVEL: 'info',
  };
}

/** Waits until the runner has everything that it subscribed to. Answers its address and its child. */
export async function runnerReady(
  runner: Started,
  timeoutMs = 20_000,
): Promise<{ readonly api: string; readonly childPid: number }> {
  let api = '';
  await until('the runner has started', () => {
    if (runner.hasEnded()) throw new Error(`the runner ended: ${runner.lines.slice(-5).join('\n')}`);
    const line = runner.lines.find((text) => text.includes('"event":"runner_started"'));
    if (line !== undefined) ({ url: api } = JSON.parse(line) as { url: string });
    return line !== undefined;
  });
  await until('the runner is ready', async () => (await fetch(`${api}/ready`)).ok, timeoutMs);
  const health = (await (await fetch(`${api}/ws/health`)).json()) as {
    readonly connector: { readonly connector_health: { readonly pid: number } };
  };
  return { api, childPid: health.connector.connector_health.pid };
}

function environment(around: Surroundings): Readonly<Record<string, string>> {
  return {
    [CONTROL_PORT]: String(around.controlPort),
    [EXCHANGE_PORT]: String(around.exchangePort),
    ...probeEnvironment(around.folder, around.profileFolder),
  };
}

/** Makes a process and its children answer `heldAfterGc`, and write CPU profiles at their end if wanted. */
export function probeEnvironment(folder: string, profileFolder?: string): Readonly<Record<string, string>> {
  const probe = pathToFileURL(path.join(root, 'bench', 'probe.ts')).href;
  const profiling = profileFolder === undefined ? '' : ` --cpu-prof --cpu-prof-dir=${profileFolder}`;
  return { BENCH_PROBE_FOLDER: folder, NODE_OPTIONS: `--expose-gc --import=${probe}${profiling}` };
}
