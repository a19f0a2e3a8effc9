/** A whole market: filters are answered by the exchange's list, symbols come and go while running, and nothing else is touched. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import {
  childOf,
  type Exchange,
  fault,
  processesOf,
  type Runner,
  startExchange,
  startProgram,
  startRunnerOn,
  temporaryFolder,
  untilReady,
} from '../helpers/processes.ts';
import { until } from '../helpers/until.ts';

const WIDE_MS = 60_000;

type Symbols = {
  readonly wanted: number;
  readonly acknowledged: number;
  readonly filters: readonly {
    readonly symbols: number;
    readonly from: string | null;
    readonly reason: string | null;
  }[];
  readonly symbols: readonly {
    readonly category: string;
    readonly symbol: string;
    readonly source: string;
  }[];
};
type Health = {
  readonly checks: readonly { readonly name: string; readonly ok: boolean; readonly reason: string | null }[];
};

async function listing(exchange: Exchange, action: 'list' | 'delist', symbol: string): Promise<void> {
  const response = await fetch(`${exchange.url}/sim/instruments`, {
    method: 'POST',
    body: JSON.stringify({ action, category: 'linear', symbol }),
  });
  assert.equal(response.status, 200, await response.text());
}

async function change(runner: Runner, method: string, query: string, body?: object): Promise<number> {
  const response = await fetch(`${runner.api}${query}`, {
    method,
    ...(body === undefined
      ? {}
      : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  });
  await response.text();
  return response.status;
}

/** Messages of each topic since it was wanted. */
async function messagesOf(runner: Runner): Promise<ReadonlyMap<string, number>> {
  type Row = { readonly topic: string; readonly messages: number };
  type Channels = {
    readonly trades: { readonly topics: readonly Row[] };
    readonly depth: { readonly topics: readonly Row[] };
  };
  const { trades, depth } = await runner.get<Channels>('/ws/health');
  return new Map([...trades.topics, ...depth.topics].map(({ topic, messages }) => [topic, messages]));
}

function has({ symbols }: Symbols, symbol: string): boolean {
  return symbols.some((row) => row.symbol === symbol && row.category === 'linear');
}

async function symbolCheck(runner: Runner): Promise<string | null | undefined> {
  const { checks } = await runner.get<Health>('/health');
  return checks.find(({ name }) => name === 'symbols')?.reason;
}

test('600 symbols: all are there soon, come and go while running, and are back after kill -9', async () => {
  const exchange = await startExchange('--symbols', '600', '--rate', '300', '--seed', 'whole-market');
  const runner = await startRunnerOn(exchange, {
    SYMBOLS: 'linear:USDT,-linear:S003USDT',
    SUBSCRIPTIONS: 'trades,depth.50',
  });
  await until('all is there', async () => (await runner.status('/ready')) === 200, WIDE_MS);
  const first = await runner.get<Symbols>('/symbols');
  assert.deepEqual([first.wanted, first.acknowledged], [2 * 604, 2 * 604], 'all of USDT but one');
  assert.ok(has(first, 'S600USDT-25JUN27') && !has(first, 'S003USDT'));
  const named = runner.stderr.filter((line) => line.includes('"event":"connector_subscribed"'));
  assert.ok(named.length < 100, `${named.length} lines for 1208 topics`);

  const before = await messagesOf(runner);
  await listing(exchange, 'delist', 'S001USDT');
  await listing(exchange, 'list', 'NEWUSDT');
  assert.equal(await change(runner, 'POST', '/symbols/refresh'), 202);
  const second = await until('the list is followed', async () => {
    const now = await runner.get<Symbols>('/symbols');
    return has(now, 'NEWUSDT') && !has(now, 'S001USDT') ? now : undefined;
  });
  assert.equal(second.wanted, first.wanted);
  assert.equal(await change(runner, 'DELETE', '/symbols?symbol=ETHUSDT'), 200);
  assert.equal(await change(runner, 'DELETE', '/symbols?symbol=ETHUSDT'), 404);
  assert.equal(await change(runner, 'POST', '/symbols', { symbol: 'BTCUSDT', category: 'spot' }), 202);
  await until('what was added is there', async () => {
    const { wanted, acknowledged } = await runner.get<Symbols>('/symbols');
    return wanted === first.wanted && acknowledged === wanted;
  });
  const after = await messagesOf(runner);
  assert.ok(!after.has('trades:linear:ETHUSDT') && after.has('trades:spot:BTCUSDT'));
  for (const [topic, messages] of before) {
    if (topic.includes('S001USDT') || topic.includes(':ETHUSDT')) continue;
    assert.ok((after.get(topic) ?? -1) >= messages, `${topic} went on`);
  }
  const anew = (await runner.get<{ cause: string }[]>('/gaps?limit=500')).filter(
    ({ cause }) => cause === 'resubscribed',
  );
  // A topic that seems mute is asked for anew whatever else happens; a change that touched the others would show by the thousand.
  assert.ok(anew.length < 20, `${anew.length} topics were subscribed anew`);

  const { pid } = await childOf(runner);
  process.kill(pid ?? 0, 'SIGKILL');
  await until('another child runs', async () => {
    const child = await childOf(runner);
    return child.pid !== pid && child.state === 'ready';
  });
  // A busy machine may lose a socket once more.
  const third = await until(
    'all is back',
    async () => {
      const now = await runner.get<Symbols>('/symbols');
      return (await runner.status('/ready')) === 200 && now.acknowledged === first.wanted ? now : undefined;
    },
    WIDE_MS,
  );
  assert.equal(third.wanted, first.wanted);
  assert.ok(!has(third, 'ETHUSDT') && third.symbols.some(({ source }) => source === 'by hand'));
  assert.equal(await runner.stop(), 0);
  assert.deepEqual(processesOf(runner.pid), []);
  await exchange.stop();
});

test('a start without REST goes on with the last list and what was changed by hand, and says so', async () => {
  const exchange = await startExchange('--symbols', '30', '--seed', 'whole-market');
  const env = { SYMBOLS: 'USDT:top5', DATA_DIR: temporaryFolder() };
  const first = await startRunnerOn(exchange, env);
  await untilReady(first);
  const chosen = (await first.get<Symbols>('/symbols')).symbols.map(({ symbol }) => symbol);
  assert.equal(chosen.length, 5);
  assert.equal(await change(first, 'POST', '/symbols', { symbol: 'QNTUSDT', channels: ['depth.1'] }), 202);
  assert.equal(await first.stop(), 0);
  await fault(exchange, { kind: 'ban', ms: 600_000 });

  const second = await startRunnerOn(exchange, env);
  await untilReady(second);
  const { symbols, filters } = await second.get<Symbols>('/symbols');
  assert.deepEqual(
    symbols.map(({ symbol }) => symbol).toSorted(),
    [...new Set([...chosen, 'QNTUSDT'])].toSorted(),
  );
  assert.equal(filters[0]?.from, 'saved');
  const reason = await until('it is told that the list is old', () => symbolCheck(second));
  assert.match(reason, /^linear:USDT:top5: the list of .*, of an earlier run, is used: /);
  const saved = readFileSync(path.join(second.dataDir, 'symbols-simulated.json'), 'utf8');
  assert.ok(saved.includes('QNTUSDT'));
  assert.equal(await second.stop(), 0);

  const third = await startRunnerOn(exchange, { SYMBOLS: 'BTCUSDT,spot:*' });
  const waited = await until('it waits for the list only', async () => {
    const { missing } = await third.get<{ missing: readonly string[] }>('/ready');
    return missing.length === 1 ? missing[0] : undefined;
  });
  assert.match(waited, /list of what is traded on spot, for spot:\*/);
  assert.equal(await third.stop(), 0);
  await exchange.stop();
});

test('a delisting that shows as a refusal ends the subscription by itself', async () => {
  const exchange = await startExchange('--symbols', '20', '--seed', 'whole-market');
  const runner = await startRunnerOn(exchange, { SYMBOLS: '*', SUBSCRIPTIONS: 'trades' });
  await untilReady(runner);
  await listing(exchange, 'delist', 'S002USDT');
  await fault(exchange, { kind: 'drop', category: 'linear' });
  await until('it is no longer wanted', async () => !has(await runner.get<Symbols>('/symbols'), 'S002USDT'));
  await untilReady(runner);
  const { refused } = await runner.get<{ refused: readonly unknown[] }>('/ready');
  assert.deepEqual(refused, []);
  assert.equal(await runner.stop(), 0);
  await exchange.stop();
});

test('a connector that cannot list instruments is named as the reason', async () => {
  const file = path.join(temporaryFolder(), 'connector.py');
  const program = `
import json, sys
print(json.dumps({"type": "status", "status": "ready", "connector": "mine"}), flush=True)
for line in sys.stdin:
    command = json.loads(line)
    print(json.dumps({"type": "reply", "id": command.get("id"), "ok": False, "code": "unknown_command", "error": "?"}), flush=True)
`;
  await import('node:fs/promises').then(({ writeFile }) => writeFile(file, program));
  const exchange = await startExchange('--seed', 'whole-market');
  const runner = await startRunnerOn(exchange, { SYMBOLS: '*', CONNECTOR_COMMAND: `python3 ${file}` });
  const reason = await until('it is told', () => symbolCheck(runner));
  assert.match(reason, /does not know the command "instruments": name the symbols one by one/);
  assert.equal(await runner.stop(), 0);
  await exchange.stop();
});

test('the connector alone finds the first by turnover itself', async () => {
  const exchange = await startExchange('--symbols', '20', '--seed', 'whole-market');
  const alone = startProgram([
    ...['connector/main.ts', 'stream', '--symbols', 'top3', '--subscriptions', 'ticker'],
    ...['--environment', 'simulated', '--url', exchange.websocket],
  ]);
  const symbols = await until('three symbols tick', () => {
    const told = alone.stdout.flatMap((line) => {
      const { type, symbol } = JSON.parse(line) as { type: string; symbol?: string };
      return type === 'ticker' && symbol !== undefined ? [symbol] : [];
    });
    const all = new Set(told);
    return all.size === 3 ? all : undefined;
  });
  assert.equal(symbols.size, 3);
  assert.equal(await alone.stop(), 0);
  await exchange.stop();
});
