/**
 * The world of a fault: one exchange, one runner and its child, and three markets with every channel.
 *
 * Nothing is judged here: this file starts, orders and looks.
 */
import assert from 'node:assert/strict';
import path from 'node:path';
import type { Category, Channel } from '../../shared/market.ts';
import {
  childOf,
  clearFaults,
  type Exchange,
  type Runner,
  root,
  startExchange,
  startRunnerOn,
  temporaryFolder,
  untilReady,
  type WsHealth,
} from '../helpers/processes.ts';
import { until } from '../helpers/until.ts';

/** The machine may be slow and shared: conditions decide, this only ends a run in which one never comes. */
export const PATIENCE_MS = 90_000;

export type Market = {
  readonly category: Category;
  readonly symbol: string;
  /** What is subscribed, by the exchange's names. */
  readonly topics: Readonly<Partial<Record<Channel, string>>>;
  /** Rows that the exchange's list of recent trades holds: what is older cannot be healed by it. */
  readonly reach: number;
};

function market(category: Category, symbol: string): Market {
  const topics = {
    trades: `publicTrade.${symbol}`,
    depth: `orderbook.50.${symbol}`,
    kline: `kline.1.${symbol}`,
    ticker: `tickers.${symbol}`,
  };
  const isSpot = category === 'spot';
  return {
    category,
    symbol,
    topics: isSpot ? topics : { ...topics, liquidation: `allLiquidation.${symbol}` },
    reach: isSpot ? 60 : 1_000,
  };
}

export const markets: readonly Market[] = [
  market('linear', 'BTCUSDT'),
  market('spot', 'BTCUSDT'),
  market('inverse', 'BTCUSD'),
];

export type World = {
  readonly name: string;
  readonly seed: string;
  readonly exchange: Exchange;
  readonly runner: Runner;
  readonly markets: readonly Market[];
  /** What each strategy call for a trade wrote down, one a line (witness.ts). */
  readonly witnessFile: string;
  readonly timeScale: number;
  readonly stop: () => Promise<void>;
};

export type WorldOptions = {
  readonly name: string;
  readonly seed: string;
  /** Frames a second over all topics. */
  /** Sockets for each topic; one when it is left out. */
  readonly redundancy?: number;
  readonly rate: number;
  readonly timeScale: number;
  readonly markets: readonly Market[];
  readonly channels?: readonly Channel[];
  /** Wait until a candle was closed: what was never seen has no gap. */
  readonly afterCandle?: boolean;
};

const words: Readonly<Record<Channel, string>> = {
  trades: 'trades',
  depth: 'depth.50',
  kline: 'kline.1',
  ticker: 'ticker',
  liquidation: 'liquidation',
};

let lastStart: Promise<unknown> = Promise.resolve();

/** Starts a world, and ends it however the body ends. */
export async function inWorld(options: WorldOptions, body: (world: World) => Promise<void>): Promise<void> {
  // One after the other: programs that all start at once make each other late.
  const started = lastStart.then(() => startWorld(options));
  lastStart = started.catch(() => undefined);
  const world = await started;
  try {
    await untilKnown(world, options.afterCandle ?? false);
    await body(world);
    await world.stop();
  } finally {
    // What has ended by itself is not harmed.
    await Promise.all([world.runner.stop('SIGKILL'), world.exchange.stop('SIGKILL')]);
  }
}

async function startWorld(options: WorldOptions): Promise<World> {
  const { name, seed, timeScale, channels = Object.keys(words) as Channel[] } = options;
  const exchange = await startExchange('--rate', String(options.rate), '--seed', seed);
  const witnessFile = path.join(temporaryFolder(), 'witness.txt');
  const runner = await startRunnerOn(exchange, {
    SYMBOLS: options.markets.map(({ category, symbol }) => `${category}:${symbol}`).join(','),
    SUBSCRIPTIONS: channels.map((channel) => words[channel]).join(','),
    WEBSOCKET_BUFFER_SIZE: String(Math.floor(200_000 / options.markets.length)),
    CONNECTOR_MAX_DEATHS: '10000',
    TIME_SCALE: String(timeScale),
    REDUNDANCY: String(options.redundancy ?? 1),
    STRATEGIES: path.join(root, 'tests', 'chaos', 'witness.ts'),
    WITNESS_FILE: witnessFile,
    LOG_LEVEL: 'info',
  });
  await untilReady(runner);
  const stop = async (): Promise<void> => {
    assert.equal(await runner.stop(), 0, `the runner of ${name} ends`);
    await exchange.stop();
  };
  return {
    ...{ name, seed, exchange, runner, witnessFile, timeScale, stop },
    markets: options.markets.map((one) => withOnly(one, channels)),
  };
}

function withOnly(one: Market, channels: readonly Channel[]): Market {
  const kept = Object.entries(one.topics).filter(([channel]) =>
    channels.some((wanted) => wanted === channel),
  );
  return { ...one, topics: Object.fromEntries(kept) };
}

/** Until something of each channel was seen, and the pace of the trades is known: before that no silence means anything. */
async function untilKnown({ runner, markets: all }: World, afterCandle: boolean): Promise<void> {
  for (const { category, symbol, topics } of all) {
    const query = `category=${category}&symbol=${symbol}`;
    const has = (path: string, least: number): Promise<unknown> =>
      until(
        `${path} has ${least} rows`,
        async () => (await runner.get<unknown[]>(`${path}&${query}`)).length >= least,
        PATIENCE_MS,
      );
    await has('/trades?limit=1000', 40);
    if (topics.liquidation !== undefined) await has('/liquidations?limit=10', 1);
    if (afterCandle && topics.kline !== undefined) await has('/klines?limit=10', 2);
  }
}

/** How many of the sockets that a silence struck are still open. */
export async function struckSockets(exchange: Exchange): Promise<number> {
  return (await activeFaults(exchange)).reduce((sum, { sockets = 0 }) => sum + sockets, 0);
}

/** The faults that are still active, those that are used up excluded. */
export async function activeFaults(
  exchange: Exchange,
): Promise<readonly { readonly kind: string; readonly sockets?: number }[]> {
  const answer: unknown = await (await fetch(`${exchange.url}/sim/faults`)).json();
  const list = Array.isArray(answer) ? answer : ((answer as { faults?: unknown[] }).faults ?? []);
  return list as { kind: string }[];
}

/** Kills the child and waits for one that works. */
export async function killChild(world: World): Promise<void> {
  const { pid, restarts } = await childOf(world.runner);
  assert.ok(pid !== null, 'there is a child to be killed');
  process.kill(pid, 'SIGKILL');
  await until(
    'another child is ready',
    async () => {
      const child = await childOf(world.runner);
      return child.restarts > restarts && child.state === 'ready';
    },
    PATIENCE_MS,
  );
}

/** Everything is well: no fault is left, every topic flows, every book and ticker is there, and no light is red. */
export async function untilWell(world: World): Promise<void> {
  const { runner } = world;
  const before = await messages(runner);
  await until(
    'every topic flows again',
    async () => {
      const now = await messages(runner);
      return [...now].every(
        ([topic, count]) => topic.startsWith('liquidation') || count > (before.get(topic) ?? 0),
      );
    },
    PATIENCE_MS,
  ).catch(async (error: unknown) => {
    throw new Error(`${String(error)}: ${await silentTopics(runner)}`);
  });
  let last = '';
  await until(
    'all is well',
    async () => {
      const { status, checks } = await runner.get<{
        status: string;
        checks: { name: string; ok: boolean; reason: string | null }[];
      }>('/health');
      const wrong = checks.filter(({ ok }) => !ok).map(({ name, reason }) => `${name}: ${reason}`);
      last = wrong.join('; ');
      return status === 'Healthy' && (await runner.status('/ready')) === 200;
    },
    PATIENCE_MS,
  ).catch((error: unknown) => {
    throw new Error(`${String(error)}: ${last}`);
  });
}

type AllChannels = WsHealth & Partial<Record<'kline' | 'ticker' | 'liquidation', WsHealth['trades']>>;

async function topicsOf(runner: Runner): Promise<readonly WsHealth['trades']['topics'][number][]> {
  const health = await runner.get<AllChannels>('/ws/health');
  return [health.trades, health.depth, health.kline, health.ticker, health.liquidation].flatMap(
    (channel) => channel?.topics ?? [],
  );
}

async function messages(runner: Runner): Promise<ReadonlyMap<string, number>> {
  return new Map((await topicsOf(runner)).map(({ topic, messages: count }) => [topic, count]));
}

async function silentTopics(runner: Runner): Promise<string> {
  return JSON.stringify((await topicsOf(runner)).filter(({ connected, stale }) => !connected || stale));
}

export { clearFaults };
