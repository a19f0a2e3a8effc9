/** The engine with real threads and real strategy files, each misbehaving in its own way. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { StrategyEngine } from '../../../../runner/strategy/engine.ts';
import { strategySpawner } from '../../../../runner/strategy/io/strategy-threads.ts';
import type { PublishedSignal, StrategyTrouble } from '../../../../runner/strategy/ports.ts';
import { systemClock } from '../../../../shared/io/clock.ts';
import { scaledPolicy } from '../../../../shared/policy.ts';
import { until } from '../../../helpers/until.ts';
import { bitcoin, gap, kline, liquidation, T0, ticker, trade } from '../../intake/events.ts';

const clock = systemClock(2_000, () => {});
/** A call may take 400 ms here, so that what hangs is found soon. */
const policy = { ...scaledPolicy().strategy, answerWithinMs: 400, restartAfterMs: 20 };
const stops: (() => void)[] = [];

function fixture(name: string): string {
  return fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url));
}

/** An engine that ticks by itself, as the runner's timer would make it. */
function started(...files: string[]) {
  const signals: PublishedSignal[] = [];
  const troubles: StrategyTrouble[] = [];
  const output: string[] = [];
  const engine = new StrategyEngine(
    { files, instruments: [bitcoin], policy },
    {
      spawn: strategySpawner({
        clock,
        env: { BACKFILL_CACHE_DIR: '/handed', CONNECTOR_PROFILE: 'testnet' },
        onOutput: (_file, line) => output.push(line),
      }),
      atTurnEnd: (task) => setImmediate(task),
      topOf: () => undefined,
      onSignal: (signal) => signals.push(signal),
      onTrouble: (trouble) => troubles.push(trouble),
    },
  );
  engine.start(clock.monoMs());
  const ticking = setInterval(() => engine.tick(clock.monoMs(), clock.unixMs()), 20);
  stops.push(() => {
    clearInterval(ticking);
    engine.stop();
  });
  const status = (index = 0) => engine.statuses(clock.monoMs())[index];
  return {
    engine,
    signals,
    troubles,
    output,
    status,
    tell: (id: string, side: 'buy' | 'sell' = 'buy') => engine.onEvent(trade({ id, side }), clock.monoMs()),
  };
}

afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});

describe('a strategy in its thread', () => {
  it('has the settings that it was handed, and does not get the keys of .env when it reads settings itself', async (t) => {
    const [home, folder] = [process.cwd(), mkdtempSync(path.join(tmpdir(), 'strategy-'))];
    t.after(() => {
      process.chdir(home);
      rmSync(folder, { recursive: true });
    });
    writeFileSync(path.join(folder, '.env'), 'BYBIT_API_KEY=a-key\nBACKFILL_CACHE_DIR=/file\n');
    process.chdir(folder);
    const { output } = started(fixture('own-settings.ts'));
    await until('it tells', () => output.length > 0);
    assert.equal(output[0], 'key undefined, folder /handed, profile testnet');
  });

  it('is told tickers, klines and liquidations in their place', async () => {
    const { engine, signals, status } = started(fixture('channels.ts'));
    await until('it runs', () => status()?.state === 'running');
    const now = clock.monoMs();
    engine.onEvent(ticker({ next_funding_at: T0 + 1 }), now);
    engine.onEvent(liquidation(), now);
    engine.onEvent(gap({ channel: 'ticker' }), now);
    engine.onEvent(kline({ interval: 'D' }), now);
    await until('four signals', () => signals.length === 4);
    assert.deepEqual(
      signals.map(({ reason }) => reason),
      [
        'ticker BTCUSDT 100 null 2026-07-05T19:10:00.001Z',
        'liquidation long 2 99',
        'gap ticker',
        'kline D 2026-07-05T19:10:00.000Z 11',
      ],
    );
  });

  it('of the examples tells a wave of liquidations', async () => {
    const example = fileURLToPath(
      new URL('../../../../examples/strategies/liquidation-wave.ts', import.meta.url),
    );
    const { engine, signals, status } = started(example);
    await until('it runs', () => status()?.state === 'running');
    engine.onEvent(ticker({ open_interest: 3_000, funding_rate: 0.01 }), clock.monoMs());
    engine.onEvent(liquidation({ qty: 2 }), clock.monoMs());
    engine.onEvent(liquidation({ qty: 1, timestamp: T0 + 59_000 }), clock.monoMs());
    await until('a signal', () => signals.length === 1);
    assert.equal(signals[0]?.setup_type, 'long_liquidations');
    assert.deepEqual(signals[0]?.values, { qty: 3, funding_rate: 0.01, last_range: null });
  });

  it('gets ticks and answers with signals', async () => {
    const { tell, signals, status } = started(fixture('counts.ts'));
    tell('12345');
    await until('the signal came', () => signals.length === 1);
    assert.equal(status()?.state, 'running');
    assert.equal(status()?.name, 'counts');
    const [signal] = signals;
    assert.deepEqual(
      { ...signal, published_at: 0 },
      {
        strategy: 'counts',
        number: 1,
        setup_type: 'trade',
        ...bitcoin,
        reason: 'buy 12345',
        entry_price: 50_000,
        timestamp: T0,
        values: { bid: null, isDate: true },
        published_at: 0,
      },
    );
  });

  it('keeps up with thousands of trades, in order and without losing one', async () => {
    const { tell, signals, status } = started(fixture('counts.ts'));
    for (let id = 0; id < 5_000; id += 1) tell(`${id}`);
    await until('all signals came', () => signals.length === 5_000);
    assert.ok(
      signals.every(({ reason, number }, index) => reason === `buy ${index}` && number === index + 1),
    );
    await until('everything was answered', () => status()?.waiting === 0);
    assert.equal(status()?.lag_ms, 0);
  });

  it('that throws loses only the event, tells file and line, and is disabled when it never succeeds', async () => {
    const { tell, troubles, status } = started(fixture('throws.ts'));
    tell('1');
    await until('the error was told', () => troubles.some(({ kind }) => kind === 'threw'));
    assert.match(troubles[0]?.message ?? '', /^TypeError: boom \(\/.*fixtures\/throws\.ts:7:11\)$/);
    assert.equal(status()?.state, 'running');
    for (let id = 2; id < 40; id += 1) tell(`${id}`);
    await until('it was disabled', () => status()?.state === 'disabled');
    assert.match(
      status()?.last_error ?? '',
      /^it threw or answered nonsense \d\d times in a row, last: TypeError: boom/,
    );
  });

  it('that hangs is ended, begun anew with word of it, and disabled after the third time', async () => {
    const { tell, signals, troubles, status } = started(fixture('hangs.ts'));
    for (const round of [1, 2]) {
      tell('0', 'sell');
      await until('it was found hanging', () => status()?.restarts === round);
      tell(`${round}`, 'buy');
      await until('it works again', () => signals.some(({ reason }) => reason === `${round}`));
    }
    assert.equal(signals.filter(({ reason }) => reason === 'restarted').length, 2);
    tell('0', 'sell');
    await until('it was disabled', () => status()?.state === 'disabled');
    assert.equal(status()?.last_error, 'it failed 3 times, last: no answer within 400 ms');
    assert.equal(troubles.at(-1)?.kind, 'disabled');
  });

  it('that hangs takes no other strategy along', async () => {
    const { tell, signals } = started(fixture('hangs.ts'), fixture('counts.ts'));
    tell('7', 'sell');
    await until('the other one answered', () => signals.some(({ strategy }) => strategy === 'counts'));
  });

  it('that is slow but not stuck lives, however long its batch takes', async () => {
    const { tell, status } = started(fixture('slow.ts'));
    for (let id = 0; id < 25; id += 1) tell(`${id}`);
    await until('a second of work was done', () => (status()?.events ?? 0) >= 25);
    assert.equal(status()?.restarts, 0);
    assert.equal(status()?.errors, 0);
  });

  it('that answers with nonsense is counted, and its good signals pass', async () => {
    const { tell, signals, status } = started(fixture('nonsense.ts'));
    for (let id = 0; id < 7; id += 1) tell(`${id}`);
    await until('all was answered', () => (status()?.events ?? 0) >= 7 && status()?.waiting === 0);
    assert.equal(status()?.state, 'running');
    assert.deepEqual(
      signals.map(({ reason }) => reason),
      ['fine'],
    );
    // 42, 'buy', a function, a promise, two bad signals, null in a list; and seven forged messages.
    assert.equal(status()?.errors, 14);
  });

  it('that floods signals is cut at 256 a batch, and a thousand are kept', async () => {
    const { engine, tell, status } = started(fixture('floods.ts'));
    for (let id = 0; id < 5; id += 1) {
      tell(`${id}`);
      await until('it was answered', () => engine.signals(1)[0]?.reason === `${id}`);
    }
    assert.ok((status()?.surplus_signals ?? 0) >= 5 * (10_000 - 256));
    assert.equal(engine.signals().length, 1_000);
  });

  it('that ends its thread is begun anew; what it prints never reaches our stdout', async () => {
    const { tell, output, troubles, status } = started(fixture('exits.ts'));
    tell('1');
    await until('it runs again', () => status()?.restarts === 1 && status()?.state === 'running');
    assert.deepEqual(
      troubles.map(({ message }) => message),
      ['its thread ended: exit code 3'],
    );
    await until('its words were heard', () => output.includes('about to leave'));
  });
});

describe('a strategy file', () => {
  for (const { name, file, says } of [
    {
      name: 'that does not exist',
      file: 'missing.ts',
      says: /missing\.ts does not exist; look at STRATEGIES$/,
    },
    {
      name: 'without an export',
      file: 'no-export.ts',
      says: /no-export\.ts has neither export; it must export `strategy` or `createStrategy\(options\)`/,
    },
    {
      name: 'that cannot be imported',
      file: 'broken.ts',
      says: /broken\.ts cannot be loaded: Error: not today \(\/.*broken\.ts:3:9\)$/,
    },
  ]) {
    it(`${name} is named together with what is expected, once`, async () => {
      const { troubles, status } = started(fixture(file));
      await until('it was told', () => status()?.state === 'disabled');
      assert.match(status()?.last_error ?? '', says);
      assert.deepEqual(
        troubles.map(({ kind }) => kind),
        ['disabled'],
      );
    });
  }

  it('of the examples works as it is', async () => {
    const example = fileURLToPath(new URL('../../../../examples/strategies/big-trade.ts', import.meta.url));
    const { engine, signals, status } = started(example);
    for (let id = 0; id < 300; id += 1)
      engine.onEvent(trade({ id: `t${id}`, qty: id === 290 ? 50 : 1, price: 50_000 + id }), clock.monoMs());
    await until('the big trade was told', () => signals.length === 1);
    assert.equal(signals[0]?.reason, 'a buy of 50, 50.0 times the average');
    assert.equal(status()?.name, 'big-trade');
    assert.equal(status()?.errors, 0);
  });
});
