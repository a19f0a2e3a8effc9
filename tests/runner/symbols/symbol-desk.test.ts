/** What is wanted stays equal to what was asked for: by filters, by hand, over failures and restarts. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { LookTimes, nextDaily } from '../../../runner/symbols/look-times.ts';
import { decodeSaved, encodeSaved, nothingSaved } from '../../../runner/symbols/saved-symbols.ts';
import { symbolsView } from '../../../runner/symbols/symbols-view.ts';
import { scaledPolicy } from '../../../shared/policy.ts';
import { monoMs, unixMs } from '../../../shared/time.ts';
import { DeskWorld, row } from '../../helpers/desk-world.ts';

const policy = scaledPolicy(1).symbols;
const keys = (world: DeskWorld) => [...world.wanted].toSorted();

describe('tick sizes', () => {
  it('are asked for once a market in which trades are wanted by name, also in one that comes later', () => {
    const world = new DeskWorld({ symbols: 'BTCUSDT,ETHUSDT', needsTickSizes: true });
    const asked = () => world.sent.map((command) => ('category' in command ? command.category : undefined));
    world.desk.childReady();
    assert.deepEqual(asked(), ['linear']);
    world.tell('linear', { BTCUSDT: 2, ETHUSDT: 1 }, { tick_size: '0.5' });
    assert.equal(world.desk.facts({ category: 'linear', symbol: 'ETHUSDT' })?.tick_size, '0.5');
    assert.deepEqual([world.desk.fault(), world.desk.waitingFor()], [null, []]);
    world.desk.add({ category: 'linear', symbol: 'XRPUSDT' });
    world.desk.add({ category: 'spot', symbol: 'BTCUSDT' });
    assert.deepEqual(asked(), ['linear', 'spot']);
    world.pass(26 * 3_600_000);
    assert.equal(asked().filter((category) => category === 'linear').length, 2);
  });

  it('that cannot be had are no fault of what was wished for', () => {
    const world = new DeskWorld({ needsTickSizes: true });
    world.desk.childReady();
    world.answer({ ok: false, error: 'what is that?', code: 'unknown_command' });
    world.pass(3_600_000);
    assert.deepEqual([world.desk.fault(), world.failures, world.sent.length], [null, [], 1]);
    const quotes = new DeskWorld({ subscriptions: 'depth.50', needsTickSizes: true });
    quotes.desk.childReady();
    assert.deepEqual(quotes.sent, []);
  });
});

describe('filters', () => {
  it('wait for the list of a ready child, and symbols that are named do not', () => {
    const world = new DeskWorld({ symbols: 'spot:BTCUSDT,linear:USDT' });
    assert.deepEqual(keys(world), ['trades:spot:BTCUSDT']);
    assert.match(world.desk.waitingFor().join(), /list of what is traded on linear, for linear:USDT/);
    assert.deepEqual(world.sent, []);
    world.desk.childReady();
    assert.deepEqual(world.sent, [{ command: 'instruments', category: 'linear', id: 'instruments-1' }]);
    world.tell('linear', { AUSDT: 1, BUSDT: 2 });
    assert.deepEqual(keys(world), ['trades:linear:AUSDT', 'trades:linear:BUSDT', 'trades:spot:BTCUSDT']);
    assert.deepEqual([world.desk.waitingFor(), world.desk.fault()], [[], null]);
    assert.equal(world.desk.sources.get('linear:AUSDT'), 'linear:USDT');
  });

  it('follow the list: what is new is wanted, what is gone is not, and nothing else is touched', () => {
    const world = new DeskWorld({ symbols: '*' });
    world.desk.childReady();
    world.tell('linear', { AUSDT: 1, BUSDT: 2 });
    world.calls.length = 0;
    world.desk.refresh();
    world.tell('linear', { BUSDT: 3, CUSDT: 1 });
    assert.deepEqual(world.calls, ['-trades:linear:AUSDT', '+trades:linear:CUSDT']);
    assert.deepEqual(world.changes.at(-1), {
      cause: 'linear:*',
      added: ['linear:CUSDT'],
      removed: ['linear:AUSDT'],
    });
    world.desk.refresh();
    world.tell('linear', { BUSDT: 9, CUSDT: 8 });
    assert.equal(world.calls.length, 2, 'a list that says the same changes nothing');
  });

  it('keep what they chose when the question fails, and ask again later and later', () => {
    const world = new DeskWorld({ symbols: '*' });
    world.desk.childReady();
    world.answer({ ok: false, error: 'the exchange is away', code: 'request_failed' });
    assert.match(
      world.desk.fault() ?? '',
      /linear:\*: what is traded on linear is not known: the exchange is away/,
    );
    assert.match(world.desk.waitingFor().join(), /\(the exchange is away\)/);
    assert.deepEqual(world.failures, ['linear none: the exchange is away']);
    world.pass(999);
    assert.equal(world.sent.length, 1);
    world.pass(1);
    assert.equal(world.sent.length, 2);
    world.tell('linear', { AUSDT: 1 });
    world.desk.refresh();
    world.answer({ ok: false, error: 'away again', code: 'request_failed' });
    assert.deepEqual(keys(world), ['trades:linear:AUSDT']);
    assert.match(world.desk.fault() ?? '', /the list of 2025-06-15T\S+Z is used: away again/);
    assert.deepEqual(world.desk.waitingFor(), []);
  });

  it('keep who is missing in a list with unreadable rows: nobody knows that it is gone', () => {
    const world = new DeskWorld({ symbols: '*' });
    world.desk.childReady();
    world.tell('linear', { AUSDT: 1, BUSDT: 2 });
    world.calls.length = 0;
    world.desk.refresh();
    world.tell('linear', { BUSDT: 3, CUSDT: 1 }, {}, { unreadable: 1 });
    assert.deepEqual(world.calls, ['+trades:linear:CUSDT']);
    assert.equal(world.desk.lists.facts({ category: 'linear', symbol: 'AUSDT' })?.symbol, 'AUSDT');
    world.desk.refresh();
    world.tell('linear', { BUSDT: 3, CUSDT: 1 });
    assert.deepEqual(world.calls, ['+trades:linear:CUSDT', '-trades:linear:AUSDT']);
  });

  it('keep it also when the symbols are of an earlier run', () => {
    const saved = { ...nothingSaved, chosen: { 'linear:*': { at: unixMs(1), symbols: ['AUSDT', 'BUSDT'] } } };
    const world = new DeskWorld({ symbols: '*', saved });
    world.desk.childReady();
    world.tell('linear', { BUSDT: 3 }, {}, { unreadable: 1 });
    assert.deepEqual(keys(world), ['trades:linear:AUSDT', 'trades:linear:BUSDT']);
  });

  it('give a tenth of a market up only when a second list says the same', () => {
    const all = Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`S${index}USDT`, 100 - index]));
    const few = Object.fromEntries(Object.entries(all).slice(0, 35));
    const world = new DeskWorld({ symbols: '*' });
    world.desk.childReady();
    world.tell('linear', all);
    world.desk.refresh();
    world.tell('linear', few);
    assert.equal(world.wanted.size, 40);
    assert.match(world.failures.join(), /linear older: 5 of 40 symbols are missing in the newest list/);
    assert.match(world.desk.fault() ?? '', /linear:\*: the list of \S+ is used: 5 of 40 symbols are missing/);
    world.pass(policy.backoff.capMs);
    world.tell('linear', all);
    assert.deepEqual([world.wanted.size, world.desk.fault()], [40, null], 'the list was cut short');
    for (const _ of [1, 2]) {
      world.desk.refresh();
      world.tell('linear', few);
      world.pass(policy.backoff.capMs);
    }
    assert.deepEqual([world.wanted.size, world.desk.fault()], [35, null], 'they are gone');
  });

  it('say that a connector does not know the command, and do not ask it again', () => {
    const world = new DeskWorld({ symbols: '*' });
    world.desk.childReady();
    world.answer({ ok: false, error: 'what?', code: 'unknown_command' });
    assert.match(
      world.desk.fault() ?? '',
      /does not know the command "instruments": name the symbols one by one/,
    );
    world.pass(10 * policy.backoff.capMs);
    assert.equal(world.sent.length, 1);
    world.desk.childEnded();
    world.desk.childReady();
    assert.equal(world.sent.length, 2, 'the next child may');
  });

  it('say that nobody answers, and ask again', () => {
    const world = new DeskWorld({ symbols: '*' });
    world.desk.childReady();
    world.pass(policy.answerWithinMs);
    assert.match(world.desk.fault() ?? '', /did not answer the command "instruments" within 75 s/);
    world.pass(policy.backoff.baseMs);
    assert.equal(world.sent.length, 2);
  });

  it('ask the next child what one that died did not answer, and a child that does not read later', () => {
    const world = new DeskWorld({ symbols: '*' });
    world.desk.childReady();
    world.desk.childEnded();
    assert.match(world.desk.fault() ?? '', /ended before it had answered/);
    world.isDeaf = true;
    world.desk.childReady();
    assert.match(world.desk.fault() ?? '', /does not read/);
    world.isDeaf = false;
    world.pass(policy.backoff.capMs);
    world.tell('linear', { AUSDT: 1 });
    assert.deepEqual(keys(world), ['trades:linear:AUSDT']);
    world.desk.childEnded();
    world.desk.childReady();
    assert.deepEqual(world.wanted.size, 1, 'what is known outlives the child');
  });

  it('that fit nothing, and ranks without turnovers, are faults', () => {
    const world = new DeskWorld({ symbols: 'linear:BRL,top2' });
    world.desk.childReady();
    world.tell('linear', { AUSDT: undefined });
    assert.match(world.desk.fault() ?? '', /nothing that is traded fits linear:BRL/);
    assert.match(world.desk.fault() ?? '', /no turnover was told, so linear:top2 is not known anew/);
    assert.match(world.desk.waitingFor().join(), /linear:top2/);
  });

  it('beyond the limit of topics leave out those with the least turnover, and say so', () => {
    const world = new DeskWorld({ symbols: 'ZUSDT,*', subscriptions: 'trades,ticker', maxTopics: 6 });
    world.desk.childReady();
    world.tell('linear', { AUSDT: 1, BUSDT: 3, CUSDT: 2, ZUSDT: 0 });
    assert.deepEqual([...world.desk.sources.keys()], ['linear:ZUSDT', 'linear:BUSDT', 'linear:CUSDT']);
    assert.match(
      world.desk.fault() ?? '',
      /at most 6 topics .* the 1 symbols with the least turnover are left out/,
    );
  });
});

describe('the list is asked for anew', () => {
  it('once a day, at the same time and a random while later', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 4e12 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (now, drawn) => {
          const at = nextDaily(unixMs(now), policy, () => drawn);
          assert.ok(at > now && at - now <= 86_400_000);
          const ofDay = at % 86_400_000;
          assert.ok(ofDay >= policy.dailyAtMs && ofDay < policy.dailyAtMs + policy.dailyJitterMs);
        },
      ),
    );
    const world = new DeskWorld({ symbols: '*,spot:*' });
    world.desk.childReady();
    world.tell('spot', { AUSDT: 1 });
    world.sent.length = 0;
    world.pass(86_400_000);
    assert.deepEqual(
      world.sent.map((command) => 'category' in command && command.category),
      ['spot'],
      'the question of linear is open still',
    );
  });

  it('soon after a topic of a filter was refused, once for many of them, and not all day', () => {
    const times = new LookTimes(policy, unixMs(0), () => 0.5);
    const due = (ms: number) => times.due(monoMs(ms), unixMs(0)).refused;
    times.refused('linear', monoMs(0));
    times.refused('linear', monoMs(1_999));
    assert.deepEqual(due(1_999), []);
    assert.deepEqual(due(2_000), ['linear']);
    times.refused('linear', monoMs(3_000));
    assert.deepEqual(due(2_000 + policy.refusalsApartMs - 1), []);
    assert.deepEqual(due(2_000 + policy.refusalsApartMs), ['linear']);
  });

  it('so that a delisting ends the subscription, and a named symbol that is refused stays', () => {
    const world = new DeskWorld({ symbols: 'GONEUSDT,*' });
    world.desk.childReady();
    world.tell('linear', { AUSDT: 1, BUSDT: 2 });
    const refuse = (symbol: string) =>
      world.desk.erred({
        type: 'error',
        error: 'no',
        code: 'topic_refused',
        channel: 'trades',
        category: 'linear',
        symbol,
      });
    refuse('GONEUSDT');
    world.pass(policy.afterRefusalMs);
    assert.equal(world.sent.length, 1);
    refuse('AUSDT');
    world.pass(policy.afterRefusalMs);
    assert.equal(world.sent.length, 2);
    world.desk.told(row('linear', 'AUSDT', 1, { status: 'closed' }));
    world.tell('linear', { BUSDT: 2 });
    assert.deepEqual(keys(world), ['trades:linear:BUSDT', 'trades:linear:GONEUSDT']);
  });
});

describe('changes by hand', () => {
  const linear = (symbol: string) => ({ category: 'linear', symbol }) as const;

  it('add and take off one symbol and touch no other, and outlive the run', () => {
    const world = new DeskWorld({ symbols: 'BTCUSDT,*' });
    world.desk.childReady();
    world.tell('linear', { AUSDT: 1, BUSDT: 2 });
    world.calls.length = 0;
    assert.equal(world.desk.remove(linear('AUSDT')), 1);
    assert.equal(world.desk.remove(linear('BTCUSDT')), 1);
    assert.equal(world.desk.remove(linear('AUSDT')), 0, 'it is gone already');
    const added = world.desk.add({ category: 'spot', symbol: 'XUSDT' }, [{ channel: 'depth', depth: 1 }]);
    assert.deepEqual(added.kind === 'done' && added.fresh, 1);
    assert.deepEqual(world.calls, ['-trades:linear:AUSDT', '-trades:linear:BTCUSDT', '+depth.1:spot:XUSDT']);
    world.desk.refresh();
    world.tell('linear', { AUSDT: 5, BUSDT: 2 });
    assert.equal(world.calls.length, 3, 'a new list does not bring back what was taken off');
    const saved = decodeSaved(encodeSaved(world.saved ?? nothingSaved));
    assert.ok(saved.ok);
    const next = new DeskWorld({ symbols: 'BTCUSDT,*', saved: saved.value });
    assert.deepEqual(keys(next), keys(world), 'before anybody was asked');
    assert.equal(next.desk.states()[0]?.from, 'saved');
    assert.deepEqual(next.desk.waitingFor(), []);
    next.desk.childReady();
    next.answer({ ok: false, error: 'away', code: 'request_failed' });
    assert.match(next.desk.fault() ?? '', /the list of 2025-06-15T\S+Z, of an earlier run, is used: away/);
    next.desk.add(linear('AUSDT'));
    assert.ok(next.wanted.has('trades:linear:AUSDT'), 'added again it is back');
    assert.deepEqual(next.desk.removed, [linear('BTCUSDT')]);
  });

  it('have no room beyond the limit, except what filters hold', () => {
    const world = new DeskWorld({ symbols: 'BTCUSDT,*', maxTopics: 2 });
    world.desk.childReady();
    world.tell('linear', { AUSDT: 1 });
    assert.equal(world.desk.add(linear('BUSDT')).kind, 'done');
    assert.deepEqual(keys(world), ['trades:linear:BTCUSDT', 'trades:linear:BUSDT'], 'the filter gives way');
    assert.equal(world.desk.add(linear('CUSDT')).kind, 'full');
  });

  it('and lists in any order end with what was asked for, and only changes are told', () => {
    const step = fc.oneof(
      fc.record({
        kind: fc.constant('list' as const),
        symbols: fc.subarray(['AUSDT', 'BUSDT', 'CUSDT', 'DUSDT']),
      }),
      fc.record({
        kind: fc.constantFrom('add' as const, 'remove' as const),
        symbol: fc.constantFrom('AUSDT', 'BUSDT', 'XUSDT'),
      }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30, size: 'max' }), (steps) => {
        const world = new DeskWorld({ symbols: 'BTCUSDT,*,-DUSDT' });
        world.desk.childReady();
        let list: readonly string[] = [];
        const byHand = new Map<string, 'add' | 'remove'>();
        for (const one of steps) {
          if (one.kind === 'list') {
            if (one.symbols.length === 0) continue;
            world.desk.refresh();
            world.tell('linear', Object.fromEntries(one.symbols.map((symbol) => [symbol, 1])));
            list = one.symbols;
          } else {
            const wanted = world.wanted.has(`trades:linear:${one.symbol}`);
            if (one.kind === 'add') world.desk.add(linear(one.symbol));
            else world.desk.remove(linear(one.symbol));
            if (one.kind === 'add' || wanted) byHand.set(one.symbol, one.kind);
          }
        }
        const expected = new Set(['BTCUSDT', ...list.filter((symbol) => symbol !== 'DUSDT')]);
        for (const [symbol, what] of byHand) {
          if (what === 'add') expected.add(symbol);
          else expected.delete(symbol);
        }
        assert.deepEqual(keys(world), [...expected].map((symbol) => `trades:linear:${symbol}`).toSorted());
        const told = new Set(['trades:linear:BTCUSDT']);
        for (const call of world.calls) {
          const key = call.slice(1);
          assert.equal(told.has(key), call.startsWith('-'), `${call} is a change`);
          if (call.startsWith('+')) told.add(key);
          else told.delete(key);
        }
      }),
    );
  });
});

it('a list is known to whoever waits for it, also when that of another market comes first', async () => {
  const world = new DeskWorld({ symbols: '*' });
  assert.match((await world.desk.listOf('spot')) ?? '', /not ready/);
  world.desk.childReady();
  world.tell('linear', { AUSDT: 1 });
  const waiting = world.desk.listOf('inverse');
  world.desk.refresh();
  const [, inverse] = world.sent.filter(({ command }) => command === 'instruments').slice(-3);
  world.answer({ ok: true });
  for (const command of world.sent)
    world.desk.told(
      row('category' in command && command.category !== undefined ? command.category : 'linear', 'XUSD', 1),
    );
  for (const command of world.sent)
    if (command.id !== undefined) world.desk.replied({ type: 'reply', id: String(command.id), ok: true });
  assert.ok(inverse !== undefined);
  assert.equal(await waiting, undefined);
  assert.equal(world.desk.lists.facts({ category: 'inverse', symbol: 'XUSD' })?.tick_size, '0.1');
});

it('what is wanted and what is acknowledged are shown side by side', () => {
  const world = new DeskWorld({ symbols: 'AUSDT,BUSDT', subscriptions: 'trades,ticker' });
  const view = (
    symbol: string,
    channel: 'trades' | 'ticker',
    state: 'wanted' | 'subscribed' | 'refused',
  ) => ({
    topic: { category: 'linear' as const, symbol, channel },
    key: `${channel}:linear:${symbol}`,
    state,
    phase: 'flowing' as const,
    stale: false,
    stale_reason: null,
    age_ms: null,
    messages: 0,
    snapshot_seen: false,
  });
  const { wanted, acknowledged, refused, symbols } = symbolsView(world.desk, [
    view('AUSDT', 'trades', 'subscribed'),
    view('AUSDT', 'ticker', 'wanted'),
    view('CUSDT', 'trades', 'refused'),
  ]);
  assert.deepEqual([wanted, acknowledged, refused], [3, 1, 1]);
  assert.deepEqual(
    symbols.map(({ symbol, source, channels }) => [symbol, source, channels]),
    [
      ['AUSDT', 'settings', ['trades', 'ticker']],
      ['CUSDT', 'command', ['trades']],
    ],
  );
});

it('a saved file that is not ours is refused with what is wrong', () => {
  for (const text of ['', '{', '{"version":2}', '{"version":1,"chosen":{},"added":[{}],"removed":[]}']) {
    const decoded = decodeSaved(text);
    assert.ok(!decoded.ok && decoded.failure.message.length > 0, text);
  }
});
