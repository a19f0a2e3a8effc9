/** Starts our programs as a user would, and knows how to end them; whatever a test forgets is killed at the end of its file. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { after } from 'node:test';
import { fileURLToPath } from 'node:url';
import { until } from './until.ts';

export const root = path.dirname(path.dirname(path.dirname(fileURLToPath(import.meta.url))));
const frontDoor = path.join(root, 'bin', 'towline.mjs');

const running = new Set<ChildProcess>();
const folders = new Set<string>();
after(() => {
  for (const child of running) child.kill('SIGKILL');
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** The environment of a test's process: nothing of the developer's own settings. */
export function cleanEnv(more: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const kept = ['PATH', 'HOME', 'LANG', 'TMPDIR', 'PROVE'].flatMap((name) =>
    process.env[name] === undefined ? [] : [[name, process.env[name]]],
  );
  return { ...(Object.fromEntries(kept) as Record<string, string>), ...more };
}

export function temporaryFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'towline-'));
  folders.add(folder);
  return folder;
}

export type Program = {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly stdout: readonly string[];
  readonly stderr: readonly string[];
  /** The exit code, or the signal's name. */
  readonly ended: Promise<number | string>;
  readonly stop: (signal?: NodeJS.Signals) => Promise<number | string>;
};

/** Runs `node bin/towline.mjs <args>`; lines of both outputs are collected (the last 5,000 of each). */
export function startProgram(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  cwd = root,
): Program {
  // What is kept in ./data of the project itself (shut-outs, dumps) would be met by other tests.
  const apart = cwd === root ? { DATA_DIR: temporaryFolder() } : {};
  const child = spawn(process.execPath, [frontDoor, ...args], {
    cwd,
    env: cleanEnv({ ...apart, ...env }),
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  running.add(child);
  const stdout: string[] = [];
  const stderr: string[] = [];
  for (const [stream, lines] of [
    [child.stdout, stdout],
    [child.stderr, stderr],
  ] as const) {
    createInterface({ input: stream }).on('line', (line) => {
      lines.push(line);
      if (lines.length > 5_000) lines.shift();
    });
  }
  child.stdin.on('error', () => undefined);
  const ended = new Promise<number | string>((resolve) => {
    child.on('close', (code, signal) => {
      running.delete(child);
      resolve(code ?? signal ?? 'unknown');
    });
  });
  const stop = (signal: NodeJS.Signals = 'SIGTERM'): Promise<number | string> => {
    child.kill(signal);
    return ended;
  };
  return { child, pid: child.pid ?? 0, stdout, stderr, ended, stop };
}

export type Exchange = Program & { readonly url: string; readonly websocket: string };

/** The simulated exchange on a free port. */
export async function startExchange(...options: readonly string[]): Promise<Exchange> {
  const program = startProgram(
    ['connector/main.ts', 'exchange', '--port', '0', '--stop-on-eof', ...options],
    { LOG_LEVEL: 'warn' },
  );
  const line = await until('the exchange listens', () => program.stdout[0], START_WITHIN_MS);
  const { url, websocket } = JSON.parse(line) as { url: string; websocket: string };
  return { ...program, url, websocket };
}

/** One fault of the simulated exchange (docs/simulated-exchange.md). */
export async function fault(exchange: Exchange, body: object): Promise<void> {
  const response = await fetch(`${exchange.url}/sim/faults`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!response.ok)
    throw new Error(`fault ${JSON.stringify(body)}: ${response.status} ${await response.text()}`);
}

export async function clearFaults(exchange: Exchange): Promise<void> {
  await fetch(`${exchange.url}/sim/faults`, { method: 'DELETE' });
}

/** What the exchange has done so far, over all topics and markets. */
export async function exchangeStats(
  exchange: Exchange,
): Promise<{ readonly frames: number; readonly executions: number }> {
  const stats = (await (await fetch(`${exchange.url}/sim/stats`)).json()) as {
    readonly topics: readonly { readonly frames: number }[];
    readonly markets: readonly { readonly executions: number }[];
  };
  return {
    frames: stats.topics.reduce((sum, { frames }) => sum + frames, 0),
    executions: stats.markets.reduce((sum, { executions }) => sum + executions, 0),
  };
}

/** Frames a second over all topics, or the rest of all markets, from now on. */
export async function changeFlow(
  exchange: Exchange,
  flow: { readonly rate: number } | { readonly paused: boolean },
): Promise<void> {
  const response = await fetch(`${exchange.url}/sim/flow`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(flow),
  });
  if (!response.ok) throw new Error(`${JSON.stringify(flow)}: ${response.status} ${await response.text()}`);
}

export type Runner = Program & {
  readonly api: string;
  readonly dataDir: string;
  /** GETs a path and parses the answer. */
  readonly get: <T>(path: string) => Promise<T>;
  readonly status: (path: string) => Promise<number>;
};

/** A program starts within a second; on a machine that does much else at the same time, ten of them at once need long. */
const START_WITHIN_MS = 45_000;

/** The runner on a free port with a data folder of its own, and without history unless that is asked for. Waits until its API answers. */
export async function startRunner(
  env: Readonly<Record<string, string>>,
  args: readonly string[] = [],
): Promise<Runner> {
  const dataDir = env['DATA_DIR'] ?? temporaryFolder();
  const own = {
    PORT: '0',
    DATA_DIR: dataDir,
    BACKFILL: 'off',
    BACKFILL_CACHE_DIR: path.join(dataDir, 'history'),
  };
  const program = startProgram(['runner/main.ts', ...args], { ...own, ...env });
  const api = await until(
    'the runner has started',
    () => {
      if (program.child.exitCode !== null)
        throw new Error(`the runner ended: ${program.stderr.slice(-5).join('\n')}`);
      const line = program.stderr.find((text) => text.includes('"event":"runner_started"'));
      return line === undefined ? undefined : (JSON.parse(line) as { url: string }).url;
    },
    START_WITHIN_MS,
  );
  return {
    ...program,
    api,
    dataDir,
    get: async <T>(path: string) => (await (await fetch(`${api}${path}`)).json()) as T,
    status: async (path) => (await fetch(`${api}${path}`)).status,
  };
}

/** A runner that listens to the given exchange. */
export function startRunnerOn(
  exchange: Exchange,
  env: Readonly<Record<string, string>> = {},
  args: readonly string[] = [],
): Promise<Runner> {
  return startRunner(
    {
      CONNECTOR_PROFILE: 'simulated',
      BYBIT_WEBSOCKET_PUBLIC_URL: exchange.websocket,
      BYBIT_REST_BASE_URL: exchange.url,
      SYMBOLS: 'BTCUSDT',
      ...env,
    },
    args,
  );
}

export type WsHealth = {
  readonly trades: { readonly connected: boolean; readonly topics: readonly TopicHealth[] };
  readonly depth: { readonly connected: boolean; readonly topics: readonly TopicHealth[] };
  readonly connector: {
    readonly connected: boolean;
    readonly reconnection_attempts: number;
    readonly connector_health: {
      readonly process_alive: boolean;
      readonly pid: number | null;
      readonly state: string;
      readonly restarts: number;
      readonly deaths: Readonly<Record<string, number>>;
      readonly lines: number;
      readonly bad_lines: number;
      readonly last_exit: {
        readonly code: string;
        readonly cause: string;
        readonly exit_code: number | null;
        readonly signal: string | null;
      } | null;
      readonly rss_bytes: number | null;
    };
  };
};
export type TopicHealth = {
  readonly topic: string;
  readonly connected: boolean;
  readonly stale: boolean;
  readonly messages: number;
};

/** Waits until the child is ready and everything that was accepted is there. */
export async function untilReady(runner: Runner): Promise<void> {
  await until('the runner is ready', async () => (await runner.status('/ready')) === 200, START_WITHIN_MS);
}

export function childOf(runner: Runner): Promise<WsHealth['connector']['connector_health']> {
  return runner.get<WsHealth>('/ws/health').then(({ connector }) => connector.connector_health);
}

/** Living processes (zombies excluded) whose parent or process group is the given one. Linux only. */
export function processesOf(id: number): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const fields = readFileSync(`/proc/${name}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
        const [state, parent, group] = fields;
        return state !== 'Z' && (Number(parent) === id || Number(group) === id) ? [Number(name)] : [];
      } catch {
        return [];
      }
    });
}

export function isAlive(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.startsWith('Z') === false;
  } catch {
    return false;
  }
}
