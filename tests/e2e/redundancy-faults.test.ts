/**
 * REDUNDANCY=2 while one of the two sockets leaves something out: updates, trades, everything. What the other one brings is told,
 * whole; no book is told from a socket that is behind. Measured against the exchange's own log of executions; real processes and
 * sockets on loopback.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type FrameProxy, startFrameProxy } from '../helpers/frame-proxy.ts';
import { checkLedger, type GapRow } from '../helpers/ledger.ts';
import {
  type Exchange,
  type Runner,
  startExchange,
  startRunnerOn,
  untilReady,
} from '../helpers/processes.ts';
import { raced, socketsOf, untilBookEquals, untilBothOpen, untilExecuted } from '../helpers/raced-runner.ts';
import { until } from '../helpers/until.ts';

const seed = 'redundancy-faults';

type World = { readonly exchange: Exchange; readonly proxy: FrameProxy; readonly runner: Runner };

async function start(): Promise<World> {
  const exchange = await startExchange('--rate', '300', '--seed', seed);
  const proxy = await startFrameProxy(exchange.url);
  const runner = await startRunnerOn(exchange, {
    ...raced,
    SUBSCRIPTIONS: 'trades,depth.50,ticker',
    BYBIT_WEBSOCKET_PUBLIC_URL: `${proxy.url}/v5/public`,
  });
  await untilReady(runner);
  await untilBothOpen(runner);
  await untilExecuted(exchange, 100);
  return { exchange, proxy, runner };
}

/** Leaves out so many messages of the topic on one connection. */
async function leaveOut(
  { proxy, exchange }: World,
  place: number,
  topic: string,
  count: number,
): Promise<void> {
  const relay = proxy.open()[place];
  assert.ok(relay, `there is a connection ${place}`);
  const wanted = relay.skipped() + count;
  relay.skip(topic, count);
  await until(`${count} of ${topic} were left out`, () => relay.skipped() >= wanted);
  await untilExecuted(exchange, 30);
}

async function assertNoBadLine(runner: Runner): Promise<void> {
  const { counts } = await runner.get<{ counts: Record<string, number> }>('/metrics');
  assert.deepEqual([counts['duplicates'], counts['jumps'], counts['bad_lines']], [0, 0, 0]);
}

test('what one socket leaves out is told as the other one brings it: no trade is lost or told to be, and the book is right', {
  timeout: 90_000,
}, async () => {
  const world = await start();
  const { exchange, runner } = world;
  // The second one is slower, so that what the first one leaves out comes after newer ones.
  world.proxy.open()[1]?.lag(50);
  for (const place of [0, 1, 0, 1]) {
    await leaveOut(world, place, 'publicTrade.BTCUSDT', 3);
    await leaveOut(world, place, 'orderbook.50.BTCUSDT', 2);
    await untilBookEquals(exchange, runner);
  }
  const ledger = await checkLedger(exchange, runner);
  assert.equal(ledger.onTape, ledger.executed, 'nothing is missing');
  assert.deepEqual(ledger.gaps, [], 'no trade is told to be missing');
  // A book that broke may be whole again by its own snapshot before the slower socket has come so far.
  const others = (await runner.get<GapRow[]>('/gaps')).map(({ channel, state, cause }) => [
    channel,
    state,
    cause,
  ]);
  assert.deepEqual(
    others.filter((gap) => gap.join() !== 'depth,healed,book_broken'),
    [],
  );
  await assertNoBadLine(runner);
  assert.equal(await runner.stop(), 0);
  await exchange.stop();
});

test('the spare is half open when the told one is lost: no older book is told as valid, and gaps tell the truth', {
  timeout: 90_000,
}, async () => {
  const world = await start();
  const { exchange, proxy, runner } = world;
  // The connection that opened first carries what is told.
  const [told, spare] = proxy.open();
  assert.ok(told && spare);
  const book = watchBook(runner);
  spare.halfOpen();
  await untilExecuted(exchange, 60);
  const lost = await socketsOf(runner);
  told.cut();
  await until(
    'both sockets are new ones',
    async () => {
      const sockets = await socketsOf(runner);
      const isNew = sockets.every(({ reconnects }, place) => reconnects > (lost[place]?.reconnects ?? 0));
      return isNew && sockets.every(({ state }) => state === 'connected');
    },
    40_000,
  );
  await untilBookEquals(exchange, runner);
  await untilExecuted(exchange, 60);
  assert.deepEqual(await book.stop(), [], 'a valid book never goes back in time');
  const ledger = await checkLedger(exchange, runner);
  assert.equal(ledger.onTape, ledger.executed, 'nothing is missing: the list of recent trades reaches back');
  assert.ok(ledger.gaps.length > 0 && ledger.gaps.every(({ state }) => state === 'healed'));
  const gaps = (await runner.get<GapRow[]>('/gaps')).filter(({ channel }) => channel === 'depth');
  assert.ok(gaps.length > 0 && gaps.every(({ state }) => state === 'healed'), JSON.stringify(gaps));
  await assertNoBadLine(runner);
  assert.equal(await runner.stop(), 0);
  await exchange.stop();
});

/** Looks at the book as often as it can until stopped. Answers what went back in time. */
function watchBook(runner: Runner): { readonly stop: () => Promise<readonly string[]> } {
  let isOver = false;
  const watching = (async () => {
    const wrong: string[] = [];
    let newest = 0;
    while (!isOver) {
      const { valid, time } = await runner.get<{ valid: boolean; time: string | null }>(
        '/orderbook?levels=1',
      );
      const at = time === null ? 0 : Date.parse(time);
      if (valid && at < newest) wrong.push(`${at} after ${newest}`);
      if (valid) newest = Math.max(newest, at);
    }
    return wrong;
  })();
  return {
    stop: () => {
      isOver = true;
      return watching;
    },
  };
}
