/** The programs of a soak: the simulated exchange with many markets, and a runner that listens to all of them. */
import { type Started, start, until } from '../../bench/processes.ts';
import { probeEnvironment, runnerEnvironment, runnerReady } from '../../bench/subjects.ts';
import { runnerFlags } from '../runner-flags.ts';

/** Candles in memory over all symbols, and of one row (runner/context/candle-budget.ts, candles.ts). */
const CANDLES = { inAll: 100_000, ofOne: 1_000 };
/** A minute and a half: 1,200 books need their snapshots on a busy machine. */
const READY_WITHIN_MS = 90_000;
/** At the full rate it takes two minutes. */
const FILLED_WITHIN_MS = 20 * 60_000;
/**
 * The sums of a day grow with each price that trades for the first time (52 bytes), which is no leak, and which a market that wanders all day
 * would go on with. So prices stay near their start, and all have traded before the first look.
 */
const BAND_TICKS = 10;
/**
 * Of the last hour a row is kept for each second in which something traded (volume delta); their tables double, the last time at 2,048 rows.
 * The hour cannot be made to pass faster: a clock that runs away from ours is not believed, and after the jump it takes some minutes until it is.
 */
const SECONDS_KEPT_MS = 2_700_000;
/** Trades that a topic remembers, on both sides (REMEMBERED_TRADES). */
const REMEMBERED = 1_024;

export type SoakWorld = {
  readonly symbols: number;
  readonly pids: { readonly runner: number; readonly connector: number };
  /** Frames that the exchange has delivered, and lines that the runner has taken in. */
  readonly taken: () => Promise<{ readonly frames: number; readonly lines: number }>;
  /** The last lines of the programs. */
  readonly words: () => readonly string[];
  readonly stop: () => Promise<void>;
};

export type SoakLoad = { readonly symbols: number; readonly rate: number };

/** Starts both and waits until all that is bounded is full: candles, tapes, what is remembered of ids. */
export async function startWorld(
  load: SoakLoad,
  folder: string,
  tell: (text: string) => void,
): Promise<SoakWorld> {
  const exchange = start(
    [
      'bin/towline.mjs',
      'connector/main.ts',
      'exchange',
      '--port',
      '0',
      '--seed',
      'soak',
      '--spread',
      'equal',
      '--band',
      String(BAND_TICKS),
      '--symbols',
      String(load.symbols),
      '--rate',
      String(load.rate),
      '--clock',
      new Date(Date.now() - candlesBackMs(load.symbols)).toISOString(),
    ],
    { LOG_LEVEL: 'warn' },
  );
  let runner: Started | undefined;
  const stop = async (): Promise<void> => {
    await runner?.stop();
    await exchange.stop();
  };
  try {
    await until('the exchange listens', () => exchange.lines[0]?.startsWith('{') === true);
    const { url, websocket } = JSON.parse(exchange.lines[0] ?? '{}') as { url: string; websocket: string };
    const symbols = await symbolsOf(url);
    runner = start([...runnerFlags, 'bin/towline.mjs', 'runner/main.ts'], {
      ...runnerEnvironment(websocket, folder),
      SYMBOLS: symbols.join(','),
      BYBIT_REST_BASE_URL: url,
      // Full within a minute also at a low rate.
      FLIGHT_RECORDER_MB: '8',
      ...probeEnvironment(folder),
    });
    tell(`${symbols.length} symbols; waiting until all of them flow`);
    const { api, childPid } = await runnerReady(runner, READY_WITHIN_MS);
    await sleep(5_000);
    // Candles fill by a jump.
    await post(`${url}/sim/clock`, { advance_ms: candlesBackMs(load.symbols) });
    await fillBuffers(url, new Set(symbols), tell);
    await checkCandles(api, symbols);
    const { pid } = runner;
    return {
      symbols: symbols.length,
      pids: { runner: pid, connector: childPid },
      taken: async () => ({ frames: await framesOf(url), lines: await linesOf(api, childPid) }),
      words: () => [...exchange.lines, ...(runner?.lines ?? [])].slice(-20),
      stop,
    };
  } catch (error) {
    const words = [...exchange.lines.slice(-5), ...(runner?.lines.slice(-10) ?? [])].join('\n');
    await stop();
    throw new Error(`the soak did not begin: ${String(error)}\n${words}`);
  }
}

/** How long ago the exchange begins, so that the rows of minutes are as long as they may become from the start. */
function candlesBackMs(symbols: number): number {
  return 60_000 * (Math.min(CANDLES.ofOne, CANDLES.inAll / symbols) + 15);
}

/** Trades come until every topic has forgotten some, and until the rows of seconds are long enough; by then each price of the narrow band has traded. */
async function fillBuffers(
  url: string,
  symbols: ReadonlySet<string>,
  tell: (text: string) => void,
): Promise<void> {
  const began = performance.now();
  for (;;) {
    const left = began + SECONDS_KEPT_MS - performance.now();
    const traded = await executionsOf(url, symbols);
    const full = traded.filter((count) => count > REMEMBERED).length;
    tell(
      `filling the buffers: ${full} of ${symbols.size} symbols have had ${REMEMBERED} trades, the slowest ${Math.min(...traded)}; ${Math.max(0, Math.round(left / 60_000))} minutes of seconds are left`,
    );
    if (full === symbols.size && left <= 0) return;
    if (full < symbols.size && performance.now() - began > FILLED_WITHIN_MS)
      throw new Error(
        `after ${FILLED_WITHIN_MS / 60_000} minutes not all buffers are full: take fewer symbols or a higher rate`,
      );
    await sleep(full < symbols.size ? 10_000 : Math.min(60_000, Math.max(0, left)));
  }
}

/** A row that fills while we measure would look like a leak. */
async function checkCandles(api: string, symbols: readonly string[]): Promise<void> {
  const expected = Math.floor(0.7 * Math.min(CANDLES.ofOne, CANDLES.inAll / symbols.length));
  for (const symbol of symbols.slice(0, 20)) {
    const rows = await getJson(
      `${api}/strategy/candles?symbol=${symbol}&timeframe=1m&count=${CANDLES.ofOne}`,
    );
    if (!Array.isArray(rows) || rows.length < expected)
      throw new Error(
        `the rows of candles are not full: ${symbol} has ${Array.isArray(rows) ? rows.length : 'none'}, not ${expected}`,
      );
  }
}

async function symbolsOf(url: string): Promise<readonly string[]> {
  const symbols: string[] = [];
  let cursor = '';
  do {
    const page = (await getJson(
      `${url}/v5/market/instruments-info?category=linear&limit=1000&cursor=${cursor}`,
    )) as {
      readonly result: {
        readonly list: readonly { readonly symbol: string }[];
        readonly nextPageCursor?: string;
      };
    };
    symbols.push(...page.result.list.map(({ symbol }) => symbol));
    cursor = page.result.nextPageCursor ?? '';
  } while (cursor !== '');
  // QNTUSDT trades every half minute whatever the rate, so it would never fill.
  return symbols.filter((symbol) => symbol !== 'QNTUSDT');
}

/** Trades so far, by symbol. */
async function executionsOf(url: string, symbols: ReadonlySet<string>): Promise<readonly number[]> {
  const { markets } = (await getJson(`${url}/sim/stats`)) as {
    readonly markets: readonly {
      readonly category: string;
      readonly symbol: string;
      readonly executions: number;
    }[];
  };
  return markets
    .filter(({ category, symbol }) => category === 'linear' && symbols.has(symbol))
    .map(({ executions }) => executions);
}

async function framesOf(url: string): Promise<number> {
  const { frames } = (await getJson(`${url}/sim/stats`)) as {
    readonly frames: { readonly deliveries: number };
  };
  return frames.deliveries;
}

async function linesOf(api: string, childPid: number): Promise<number> {
  const health = (await getJson(`${api}/ws/health`)) as {
    readonly connector: { readonly connector_health: { readonly lines: number; readonly pid: number } };
  };
  const { pid, lines } = health.connector.connector_health;
  if (pid !== childPid) throw new Error(`the connector died: process ${pid} took the place of ${childPid}`);
  return lines;
}

async function getJson(url: string): Promise<unknown> {
  return (await fetch(url)).json();
}

async function post(url: string, body: object): Promise<void> {
  const { ok, status } = await fetch(url, { method: 'POST', body: JSON.stringify(body) });
  if (!ok) throw new Error(`${url} answered ${status}`);
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
