/** The names of the log that others rely on (DESIGN 7.4), and what a trade costs where nobody reads it. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { pino } from 'pino';
import { eventLogger } from '../../../runner/observe/event-log.ts';
import type { TowlineEvent } from '../../../shared/events/event.ts';
import { decodeEvent } from '../../../shared/wire.ts';
import { VirtualClock } from '../../helpers/virtual-clock.ts';

type Line = Readonly<Record<string, unknown>>;

const trade = {
  type: 'trade',
  category: 'linear',
  symbol: 'BTCUSDT',
  timestamp: 1_717_440_000_000,
  price: 50_000.1,
  qty: 0.25,
  side: 'buy',
  is_buyer_maker: false,
  id: '2f0b',
};
const error = { type: 'error', error: 'what was said', retryable: true, at: 1_717_440_000_000 };

function event(fields: object): TowlineEvent {
  const decoded = decodeEvent(JSON.stringify(fields), { category: 'linear', symbol: undefined });
  assert.ok(decoded.kind === 'event', JSON.stringify(decoded));
  return decoded.event;
}

const clock = new VirtualClock();

function logged(level: string, ...events: readonly object[]): readonly Line[] {
  const lines: Line[] = [];
  const stream = { write: (line: string) => void lines.push(JSON.parse(line) as Line) };
  const log = eventLogger(pino({ level, formatters: { level: (label) => ({ level: label }) } }, stream), () =>
    clock.monoMs(),
  );
  for (const fields of events) log(event(fields));
  return lines;
}

describe('the log of events', () => {
  it('keeps the names of the source documents', () => {
    const status = (word: string) => ({ type: 'status', status: word, scope: 'public', category: 'linear' });
    for (const [fields, name, level] of [
      [status('connected'), 'ws_connected', 'info'],
      [status('disconnected'), 'ws_disconnected', 'warn'],
      [status('stale'), 'connector_stale', 'warn'],
      [trade, 'bybit_trade', 'debug'],
      [{ ...error, code: 'connect_failed' }, 'bybit_ws_error', 'warn'],
      [{ ...error, code: 'connect_refused' }, 'bybit_ws_error', 'warn'],
      [{ ...error, code: 'socket_lost' }, 'bybit_ws_error', 'warn'],
      [{ ...error, code: 'pong_missing' }, 'bybit_ws_error', 'warn'],
      [{ ...error, code: 'bad_frame' }, 'bybit_decode_error', 'warn'],
      [{ ...error, code: 'topic_refused' }, 'connector_error', 'warn'],
      [{ ...error, code: 'toString' }, 'connector_error', 'warn'],
      [{ type: 'error', error: 'without a code' }, 'connector_error', 'warn'],
    ] as const) {
      const [line, ...more] = logged('debug', fields);
      assert.deepEqual([line?.['event'], line?.['level'], more], [name, level, []]);
    }
  });

  it('holds what an error says and of what', () => {
    const [line] = logged('info', { ...error, code: 'bad_frame', category: 'spot', symbol: 'ETHUSDT' });
    assert.deepEqual(
      [line?.['msg'], line?.['code'], line?.['category'], line?.['symbol']],
      ['what was said', 'bad_frame', 'spot', 'ETHUSDT'],
    );
  });

  it('holds the facts of a trade', () => {
    const [line] = logged('debug', trade);
    const { category, symbol, price, qty, side, id } = trade;
    assert.deepEqual(
      { ...line, pid: 0, hostname: '', time: 0 },
      {
        level: 'debug',
        event: 'bybit_trade',
        pid: 0,
        hostname: '',
        time: 0,
        ...{ category, symbol, timestamp: trade.timestamp, price, qty, side, id },
      },
    );
  });

  it('does not touch a trade where debug is off, and looks at the level once', () => {
    assert.deepEqual(logged('info', trade, { type: 'status', status: 'heartbeat' }), []);
    let looks = 0;
    const log = pino({ level: 'info' }, { write: () => assert.fail('nothing is to be written') });
    const isLevelEnabled = (level: string): boolean => {
      looks += 1;
      return pino({ level: 'info' }).isLevelEnabled(level);
    };
    const write = eventLogger(Object.assign(log, { isLevelEnabled }), () => clock.monoMs());
    const untouched = new Proxy(event(trade), {
      get: (target, key) => (key === 'type' ? target.type : assert.fail(`${String(key)} was read`)),
    });
    for (let count = 0; count < 5; count += 1) write(untouched);
    assert.equal(looks, 1);
  });

  it('is listed in the runbook, every name of the runner', () => {
    const root = path.resolve(import.meta.dirname, '../../..');
    const runbook = readFileSync(path.join(root, 'docs/runbook.md'), 'utf8');
    for (const name of [
      'ws_connected',
      'ws_disconnected',
      'bybit_trade',
      'bybit_ws_error',
      'bybit_decode_error',
      'bybit_connector_process_died',
      'connector_error',
      'gap',
    ]) {
      assert.ok(runbook.includes(`| \`${name}\` |`), name);
    }
  });
});

describe('hundreds of topics that change at once', () => {
  it('are named twenty at a time and then counted; a heartbeat brings the count', () => {
    const lines: Line[] = [];
    const stream = { write: (line: string) => void lines.push(JSON.parse(line) as Line) };
    const log = eventLogger(pino({}, stream), () => clock.monoMs());
    const subscribed = (index: number) =>
      event({
        type: 'status',
        status: 'subscribed',
        channel: 'trades',
        category: 'linear',
        symbol: `S${index}`,
      });
    for (let index = 0; index < 600; index += 1) log(subscribed(index));
    log(event({ type: 'status', status: 'connected', scope: 'public', category: 'linear' }));
    assert.equal(lines.length, 21, 'a socket is told whatever the topics do');
    clock.advance(10_000);
    log(event({ type: 'status', status: 'heartbeat', scope: 'process' }));
    assert.deepEqual(
      [lines.length, lines[21]?.['event'], lines[21]?.['more']],
      [22, 'connector_subscribed', 580],
    );
    log(subscribed(1));
    assert.equal(lines.length, 23, 'the next ones are named again');
  });
});
