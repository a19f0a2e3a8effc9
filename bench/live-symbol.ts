/** What one symbol costs at the pace of a real market: the whole program against the simulated exchange, by the clock. */
import { cpuMicros, start, temporaryFolder, until } from './processes.ts';
import { runnerEnvironment, runnerReady } from './subjects.ts';

/** Percent of one core, by process, and the frames a second that came. */
export type LiveCost = {
  readonly runner: number;
  readonly child: number;
  readonly eventsPerSecond: number;
};

/** The first seconds compile code and are not counted. */
const WARM_UP_MS = 5_000;

export async function liveSymbolCost(seconds: number): Promise<LiveCost> {
  const folder = temporaryFolder();
  const exchange = start(['bin/towline.mjs', 'connector/main.ts', 'exchange', '--port', '0'], {
    LOG_LEVEL: 'warn',
  });
  try {
    await until('the exchange listens', () => exchange.lines[0]?.startsWith('{') === true);
    const { websocket } = JSON.parse(exchange.lines[0] ?? '{}') as { websocket: string };
    const runner = start(['bin/towline.mjs', 'runner/main.ts'], runnerEnvironment(websocket, folder.path));
    try {
      const { api, childPid } = await runnerReady(runner);
      await sleep(WARM_UP_MS);
      const before = { at: performance.now(), lines: await linesOf(api) };
      const runnerBefore = cpuMicros(runner.pid);
      const childBefore = cpuMicros(childPid);
      await sleep(seconds * 1_000);
      const runnerMicros = cpuMicros(runner.pid) - runnerBefore;
      const childMicros = cpuMicros(childPid) - childBefore;
      const wallMs = performance.now() - before.at;
      return {
        runner: runnerMicros / wallMs / 10,
        child: childMicros / wallMs / 10,
        eventsPerSecond: (((await linesOf(api)) - before.lines) * 1_000) / wallMs,
      };
    } finally {
      await runner.stop();
    }
  } finally {
    await exchange.stop();
    folder.remove();
  }
}

async function linesOf(api: string): Promise<number> {
  const health = (await (await fetch(`${api}/ws/health`)).json()) as {
    readonly connector: { readonly connector_health: { readonly lines: number } };
  };
  return health.connector.connector_health.lines;
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
