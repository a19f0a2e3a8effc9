import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { clockDistance, clockFinding } from '../../../runner/doctor/clock-check.ts';
import {
  doctorExitCode,
  failure,
  findingText,
  okay,
  summaryText,
  warning,
} from '../../../runner/doctor/finding.ts';
import {
  dataFolderFindings,
  nodeFinding,
  portFinding,
  settingsFindings,
} from '../../../runner/doctor/local-checks.ts';
import { proxyFinding, restFinding, socketFinding } from '../../../runner/doctor/network-checks.ts';
import { hostsOf, networkPlan } from '../../../runner/doctor/network-plan.ts';
import { TopicWatch } from '../../../runner/doctor/topic-watch.ts';
import { categories, type Topic } from '../../../shared/market.ts';

describe('the report', () => {
  it('says what to do under what is wrong, and counts', () => {
    const findings = [okay('a', 'fine'), warning('b', 'odd', 'Look.'), failure('c', 'broken', 'Mend it.')];
    assert.deepEqual(findings.map(findingText), [
      'ok    a: fine',
      'warn  b: odd\n      -> Look.',
      'FAIL  c: broken\n      -> Mend it.',
    ]);
    assert.equal(summaryText(findings), '1 problem, 1 warning.');
    assert.equal(summaryText([okay('a', 'fine')]), 'Nothing is wrong.');
  });

  it('ends with 1 only when something failed', () => {
    assert.equal(doctorExitCode([okay('a', 'x'), warning('b', 'x', 'y')]), 0);
    assert.equal(doctorExitCode([failure('c', 'x', 'y')]), 1);
  });
});

describe('an address', () => {
  it('is named without its login', () => {
    const probe = { kind: 'failed', code: 'ECONNREFUSED', message: '' } as const;
    const [rest, socket] = [
      restFinding('http://u:pw9999@h/v5', probe),
      socketFinding('ws://u:pw9999@h', probe),
    ];
    assert.deepEqual(
      [rest.subject, socket.subject],
      ['REST http://[censored]@h/v5', 'socket ws://[censored]@h'],
    );
  });
});

describe('this machine', () => {
  it('Node must be new enough, and it is said whose it is', () => {
    assert.match(nodeFinding({ version: '24.1.0', file: '/x', isBundled: true }).found, /npm installed/);
    assert.equal(nodeFinding({ version: '22.9.0', file: '/x', isBundled: false }).status, 'fail');
  });

  it('every problem with the settings is a line of its own', () => {
    const findings = settingsFindings({ problems: ['a', 'b'], warnings: ['c'] });
    assert.deepEqual(
      findings.map((finding) => finding.status),
      ['fail', 'fail', 'warn'],
    );
  });

  it('a port held by towline itself is no fault, one held by another is', () => {
    const holder = { pid: 7, command: 'node runner/main.ts' };
    assert.equal(portFinding('127.0.0.1', 8000, { kind: 'taken', holder }).status, 'warn');
    const other = portFinding('127.0.0.1', 8000, {
      kind: 'taken',
      holder: { pid: 8, command: 'python -m http.server' },
    });
    assert.equal(other.status, 'fail');
    assert.match(other.found, /process 8 \(python/);
    assert.match(
      portFinding('127.0.0.1', 80, { kind: 'refused', code: 'EACCES' }).advice ?? '',
      /below 1024/,
    );
    assert.match(
      portFinding('10.9.9.9', 80, { kind: 'refused', code: 'EADDRNOTAVAIL' }).advice ?? '',
      /no address of this machine/,
    );
  });

  it('the data folder: rights, room, and who is in it', () => {
    const good = { unwritable: undefined, freeBytes: 5e9, holder: undefined };
    const statuses = (probe: object) =>
      dataFolderFindings('/d', { ...good, ...probe }).map((finding) => finding.status);
    assert.deepEqual(statuses({}), ['ok', 'ok', 'ok']);
    assert.deepEqual(statuses({ unwritable: 'no' }), ['fail']);
    assert.deepEqual(statuses({ freeBytes: 500e6 }), ['ok', 'warn', 'ok']);
    assert.deepEqual(statuses({ freeBytes: 5e6 }), ['ok', 'fail', 'ok']);
    assert.deepEqual(statuses({ holder: { pid: 1, command: 'x' } }), ['ok', 'ok', 'fail']);
    assert.deepEqual(statuses({ holder: { pid: 1, command: 'node runner/main.ts' } }), ['ok', 'ok', 'warn']);
  });
});

describe('the clock', () => {
  const sample = (aheadMs: number, tripMs: number) => ({
    sentMs: 1_000_000,
    receivedMs: 1_000_000 + tripMs,
    serverMs: 1_000_000 + tripMs / 2 - aheadMs,
  });

  it('is judged by the answer with the shortest round trip, with half of it as the error', () => {
    const distance = clockDistance([sample(900, 400), sample(20, 40), sample(-700, 300)]);
    assert.deepEqual(distance, { offsetMs: 20, errorMs: 20 });
    assert.equal(clockDistance([]), undefined);
  });

  for (const [aheadMs, status] of [
    [0, 'ok'],
    [505, 'ok'],
    [506, 'warn'],
    [-1_005, 'ok'],
    [-1_006, 'warn'],
    [999, 'warn'],
    [1_000, 'fail'],
    [-5_000, 'warn'],
  ] as const) {
    it(`${aheadMs} ms ahead is ${status}`, () =>
      assert.equal(clockFinding([sample(aheadMs, 10)]).status, status));
  }

  it('says so when the answers take too long to tell', () => {
    const finding = clockFinding([sample(0, 3_000)]);
    assert.equal(finding.status, 'warn');
    assert.match(finding.found, /known to 1500 ms\): the exchange's answers take too long/);
  });
});

describe('the network plan', () => {
  it('knocks where the overrides of the environment lead', () => {
    const plan = networkPlan('testnet', categories, {
      BYBIT_WEBSOCKET_PUBLIC_URL: 'ws://127.0.0.1:1/v5/public',
      SPOT_WEBSOCKET_URL: 'ws://127.0.0.1:2/s',
      BYBIT_REST_BASE_URL: 'http://127.0.0.1:3/',
    });
    assert.equal(plan.rest, 'http://127.0.0.1:3');
    assert.deepEqual(
      new Map(plan.sockets.map(({ category, url }) => [category, url])),
      new Map([
        ['linear', 'ws://127.0.0.1:1/v5/public/linear'],
        ['spot', 'ws://127.0.0.1:2/s'],
        ['inverse', 'ws://127.0.0.1:1/v5/public/inverse'],
      ]),
    );
  });

  it('asks each host once', () => {
    const plan = networkPlan('mainnet', ['linear', 'spot', 'linear'], {});
    assert.equal(plan.sockets.length, 2);
    assert.deepEqual(
      hostsOf(plan).map(({ host, port, isTls }) => `${host}:${port} ${isTls}`),
      ['api.bybit.com:443 true', 'stream.bybit.com:443 true'],
    );
  });

  it('shows a proxy without its password', () => {
    const finding = proxyFinding('http://me:hunter2@proxy:3128', true);
    assert.ok(!findingText(finding).includes('hunter2'));
    assert.match(finding.found, /^http:\/\/proxy:3128 with a login/);
    assert.equal(proxyFinding('socks5://proxy:1080', false).status, 'fail');
  });
});

describe('the trial of a connector', () => {
  const trades: Topic = { channel: 'trades', category: 'linear', symbol: 'BTCUSDT' };
  const depth: Topic = { channel: 'depth', category: 'linear', symbol: 'BTCUSDT', depth: 50 };
  const ready = { type: 'status', status: 'ready', environment: 'mainnet' } as const;
  const trade = {
    type: 'trade',
    category: 'linear',
    symbol: 'BTCUSDT',
    timestamp: 1,
    price: 1,
    qty: 1,
    side: 'buy',
    is_buyer_maker: false,
    id: '1',
  } as const;
  const book = {
    type: 'depth',
    category: 'linear',
    symbol: 'BTCUSDT',
    timestamp: 1,
    depth: 50,
    bids: [],
    asks: [],
    last_update_id: 1,
  } as const;
  const key = 'depth.50:linear:BTCUSDT';

  it('subscribes once it is ready, and is complete when every topic has data', () => {
    const watch = new TopicWatch([trades, depth], 'mainnet');
    const commands = watch.heard(ready, 100);
    assert.deepEqual(
      commands.map((command) => command.id),
      ['trades:linear:BTCUSDT', key],
    );
    assert.deepEqual(watch.heard(ready, 110), []);
    watch.heard({ type: 'reply', id: key, ok: true }, 200);
    watch.heard(trade, 300);
    assert.equal(watch.isComplete, false);
    watch.heard(book, 400);
    assert.equal(watch.isComplete, true);
    assert.deepEqual(
      watch.findings(undefined, 10_000).map((finding) => finding.status),
      ['ok', 'ok', 'ok'],
    );
  });

  it('tells refused, unacknowledged and silent topics apart; a quiet tape is no fault', () => {
    const other: Topic = { ...depth, symbol: 'ETHUSDT' };
    const watch = new TopicWatch([trades, depth, other], 'mainnet');
    watch.heard(ready, 0);
    watch.heard({ type: 'reply', id: 'trades:linear:BTCUSDT', ok: true }, 100);
    watch.heard({ type: 'reply', id: key, ok: false, error: 'no such symbol' }, 100);
    watch.heard({ type: 'error', error: 'socket lost (and 3 more like it)' }, 200);
    watch.heard({ type: 'error', error: 'socket lost' }, 300);
    const findings = watch.findings(undefined, 10_000);
    assert.deepEqual(
      findings.map((finding) => finding.status),
      ['ok', 'warn', 'fail', 'fail'],
    );
    assert.match(findings[1]?.found ?? '', /no trade within 10\.0 s \(socket lost\)/);
    assert.match(findings[2]?.found ?? '', /refused: no such symbol/);
    assert.match(findings[3]?.found ?? '', /not acknowledged/);
  });

  it('data count as an acknowledgement, and "connected" as ready (minimal connectors)', () => {
    const watch = new TopicWatch([trades], undefined);
    assert.equal(watch.heard({ type: 'status', status: 'connected', connector: 'mine' }, 5).length, 1);
    watch.heard(trade, 10);
    assert.deepEqual(
      watch.findings(undefined, 10_000).map((finding) => finding.status),
      ['ok', 'ok'],
    );
  });

  it('a child that ends, is never ready, prints garbage, or is of another network', () => {
    const dead = new TopicWatch([trades], 'mainnet');
    assert.match(
      dead.findings('it ended by itself with exit code 78 (wrong settings)', 10_000)[0]?.found ?? '',
      /exit code 78/,
    );
    assert.match(dead.findings(undefined, 10_000)[0]?.found ?? '', /did not say that it is ready/);
    const wrong = new TopicWatch([], 'testnet');
    wrong.heard(ready, 1);
    wrong.heardGarbage();
    assert.deepEqual(
      wrong.findings(undefined, 1).map((finding) => [finding.subject, finding.status]),
      [
        ['connector', 'ok'],
        ['environment', 'fail'],
        ['lines', 'warn'],
      ],
    );
  });
});
