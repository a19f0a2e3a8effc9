/**
 * `npm run demo`: the simulated exchange and the runner together, nothing else needed.
 *
 * The exchange is a process of its own, so that killing the connector (please do) leaves it running. Ctrl-C stops both, and
 * neither outlives us: the exchange sees its stdin end, the runner looks for our process id.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { commandLine } from './command-line.ts';
import { runnerFlags } from './runner-flags.ts';

const name = 'npm run demo';
const help = `Usage: ${name} -- [options]

Starts a simulated exchange and the runner on it: page and API on http://127.0.0.1:8000. Nothing of it is a real market.
Settings of the environment count (PORT, SYMBOLS, DATA_DIR, STRATEGIES, LOG_LEVEL): docs/configuration.md.
Without DATA_DIR it keeps its data in a new temporary folder, and removes that when it ends.

Options:
  --settings FILE  the runner reads FILE instead of .env
  --stdin          the runner takes commands (one JSON object a line) on stdin
  --help           show this text

Exit codes: those of the runner (npm start -- --help); 1 when the exchange did not start.
`;
commandLine({ name, help, options: { settings: { type: 'string' }, stdin: { type: 'boolean' } } });

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const frontDoor = path.join(root, 'bin', 'towline.mjs');
const port = process.env['PORT'] || '8000';

const exchange = spawn(
  process.execPath,
  [frontDoor, 'connector/main.ts', 'exchange', '--port', '0', '--stop-on-eof'],
  {
    cwd: root,
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, LOG_LEVEL: process.env['LOG_LEVEL'] || 'warn' },
    detached: true, // Ctrl-C reaches us alone; we stop the runner first
  },
);
const listening = await firstLine();
if (listening === undefined) {
  process.stderr.write('the simulated exchange did not start; the lines above say why\n');
  process.exitCode = 1;
} else {
  process.exitCode = await runRunner(listening);
  exchange.stdin.end();
}

async function firstLine(): Promise<{ readonly url: string; readonly websocket: string } | undefined> {
  for await (const line of createInterface({ input: exchange.stdout })) {
    return JSON.parse(line) as { readonly url: string; readonly websocket: string };
  }
  return undefined;
}

/**
 * Where this demo keeps its data. Without DATA_DIR a new folder each time: the exchange of an earlier demo is gone, and what its
 * runner missed of it would only puzzle. It goes with us, however we end, but for SIGKILL.
 */
function dataFolder(): { readonly folder: string; readonly isOurs: boolean } {
  const given = process.env['DATA_DIR'];
  if (given) return { folder: given, isOurs: false };
  const folder = mkdtempSync(path.join(tmpdir(), 'towline-demo-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));
  return { folder, isOurs: true };
}

/** Runs the runner against the exchange until it ends; answers its exit code. */
function runRunner({
  url,
  websocket,
}: {
  readonly url: string;
  readonly websocket: string;
}): Promise<number> {
  const data = dataFolder();
  const runner = spawn(
    process.execPath,
    [...runnerFlags, frontDoor, 'runner/main.ts', ...process.argv.slice(2)],
    {
      cwd: root,
      stdio: 'inherit',
      detached: true,
      env: {
        ...process.env,
        CONNECTOR_PROFILE: 'simulated',
        SYMBOLS: process.env['SYMBOLS'] || 'BTCUSDT,ETHUSDT,spot:BTCUSDT',
        BYBIT_WEBSOCKET_PUBLIC_URL: websocket,
        BYBIT_REST_BASE_URL: url,
        DATA_DIR: data.folder,
        // What another exchange executed is not what this one did.
        BACKFILL_CACHE_DIR: process.env['BACKFILL_CACHE_DIR'] || path.join(data.folder, 'history'),
        STRATEGIES: process.env['STRATEGIES'] || path.join('examples', 'strategies', 'big-trade.ts'),
        LOG_LEVEL: process.env['LOG_LEVEL'] || 'warn',
        // Without us the runner stops as well, even if we had no time to say so (runner/io/starter.ts).
        TOWLINE_PARENT_PID: String(process.pid),
      },
    },
  );
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const)
    process.on(signal, () => runner.kill('SIGTERM'));
  exchange.on('exit', () => runner.kill('SIGTERM'));
  process.stdout.write(
    `${instructions(url, data.isOurs ? `${data.folder} (removed when the demo ends)` : data.folder)}\n`,
  );
  return new Promise((resolve) => {
    runner.on('exit', (code, signal) => {
      exchange.removeAllListeners('exit');
      resolve(code ?? (signal === null ? 0 : 1));
    });
  });
}

function instructions(exchangeUrl: string, data: string): string {
  const api = `http://127.0.0.1:${port}`;
  return [
    '',
    '  towline demo: SIMULATED prices, nothing of this is a real market',
    '',
    `  page      ${api}`,
    `  trades    curl -s '${api}/trades?limit=3'`,
    `  book      curl -s '${api}/orderbook?levels=3'`,
    `  truth     curl -s ${api}/ws/health`,
    `  kill it   kill -9 $(curl -s ${api}/ws/health | sed 's/.*"pid":\\([0-9]*\\).*/\\1/')    and watch it come back`,
    `  faults    curl -s -X POST ${exchangeUrl}/sim/faults -H 'content-type: application/json' -d '{"kind":"drop"}'`,
    `  data      ${data}`,
    '  stop      Ctrl-C',
    '',
  ].join('\n');
}
