/** SYMBOLS: what is a symbol, what a filter, and which of the listed symbols a filter means. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type Listed, resolveFilters, seats, withinRoom } from '../../../shared/settings/symbol-resolver.ts';
import { quotationCoins, readSelector, selectorText } from '../../../shared/settings/symbol-selectors.ts';
import { readSymbols } from '../../../shared/settings/topics.ts';

function text(part: string): string {
  const selector = readSelector(part, 'linear');
  return typeof selector === 'string' ? selector : selectorText(selector);
}

function read(symbols: string, name = 'SYMBOLS') {
  const findings = { problems: [] as string[], warnings: [] as string[] };
  const wishes = readSymbols([{ name, text: symbols }], 'linear', findings);
  return { ...wishes, ...findings, texts: wishes.filters.map((filter) => filter.text) };
}

const row = (symbol: string, turnover: number | undefined, more: Partial<Listed> = {}): Listed => ({
  category: 'linear',
  symbol,
  status: 'trading',
  quote: 'USDT',
  settle: 'USDT',
  ...(turnover === undefined ? {} : { turnover_24h: turnover }),
  ...more,
});

function resolve(symbols: string, listed: readonly Listed[], before = new Map<string, readonly string[]>()) {
  const { filters, excluded } = read(symbols);
  const resolution = resolveFilters(filters, listed, new Set(excluded.map(({ symbol }) => symbol)), before);
  return { ...resolution, chosen: Object.fromEntries(resolution.chosen) };
}

describe('a selector', () => {
  it('is a symbol, a filter or an exclusion, each with the market where none is named', () => {
    for (const [part, meant] of [
      ['BTCUSDT', 'linear:BTCUSDT'],
      ['spot:ethusdt', 'spot:ETHUSDT'],
      ['*', 'linear:*'],
      ['SPOT:*', 'spot:*'],
      ['usdt', 'linear:USDT'],
      ['inverse:BTC', 'inverse:BTC'],
      ['top50', 'linear:top50'],
      ['linear:TOP7', 'linear:top7'],
      ['*:top7', 'linear:top7'],
      ['linear:USDC:top10', 'linear:USDC:top10'],
      ['USDT:top10', 'linear:USDT:top10'],
      ['spot:USDT:top10', 'spot:USDT:top10'],
      ['-BTCUSDT', '-linear:BTCUSDT'],
      ['-spot:BTCUSDT', '-spot:BTCUSDT'],
    ] as const)
      assert.equal(text(part), meant, part);
  });

  it('that is wrong says in one sentence what is meant instead', () => {
    for (const [part, words] of [
      ['linear', /is a market, not a symbol: write linear:\* for all/],
      ['top0', /top takes a whole number from 1 to 2000/],
      ['top5000', /top takes a whole number from 1 to 2000/],
      ['spot:top10', /write spot:USDT:top10/],
      ['inverse:top10', /cannot be compared: write inverse:\*/],
      ['inverse:BTC:top10', /cannot be compared/],
      ['-linear:*', /only symbols can be left out/],
      ['-top5', /only symbols can be left out/],
      ['linear:USDT:top5:x', /neither a symbol nor a filter/],
      ['linear:BTCUSDT:top5', /neither a symbol nor a filter/],
      ['option:*', /does not name a market/],
      ['linear:', /is not a symbol/],
    ] as const) {
      assert.match(text(part), words, part);
      assert.equal(read(`BTCUSDT,${part}`).problems.length, 1, part);
    }
  });

  it('is read the same again from the text that names it', () => {
    const part = fc.oneof(
      fc.constantFrom('*', 'top5', 'USDT:top20', 'BTCUSDT', '-ETHUSDT', ...quotationCoins),
      fc.stringMatching(/^(-?(linear:|spot:|inverse:)?(\*|[A-Z0-9]{2,8}|top\d{1,4})(:top\d{1,3})?)$/),
      fc.string(),
    );
    fc.assert(
      fc.property(part, (said) => {
        const selector = readSelector(said.trim(), 'linear');
        if (typeof selector === 'string') return;
        const again = readSelector(selectorText(selector), 'spot');
        assert.ok(typeof again !== 'string', `${said}: ${String(again)}`);
        assert.equal(selectorText(again), selectorText(selector));
      }),
    );
  });
});

describe('a list of selectors', () => {
  it('keeps symbols and filters apart; filters alone name no symbol', () => {
    const { instruments, texts, excluded, problems } = read('linear:USDT,spot:BTCUSDT,-XUSDT,top5');
    assert.deepEqual(
      [instruments, texts, excluded, problems],
      [
        [{ category: 'spot', symbol: 'BTCUSDT' }],
        ['linear:USDT', 'linear:top5'],
        [{ category: 'linear', symbol: 'XUSDT' }],
        [],
      ],
    );
    assert.deepEqual(read('*').instruments, []);
  });

  it('leaves nothing out of nothing, nor what it names', () => {
    assert.match(
      read('BTCUSDT,-ETHUSDT').problems.join(),
      /no filter that it could fit.*linear:\*,-linear:ETHUSDT/,
    );
    assert.match(read('spot:*,-ETHUSDT').problems.join(), /no filter/);
    assert.match(read('*,BTCUSDT,-BTCUSDT').problems.join(), /both names linear:BTCUSDT and leaves it out/);
  });

  it('does not fit into SYMBOL', () => {
    assert.match(read('top5', 'SYMBOL').problems.join(), /use SYMBOLS for a list/);
  });
});

describe('a filter', () => {
  const listed = [
    row('LOWUSDT', 1),
    row('TOPUSDT', 9),
    row('MIDUSDT', 5),
    row('BTCPERP', 7, { quote: 'USDC', settle: 'USDC' }),
    row('OLDUSDT', 100, { status: 'closed' }),
    row('NEWUSDT', 100, { status: 'pre_launch' }),
    row('DARKUSDT', undefined),
    row('SPOTUSDT', 100, { category: 'spot', settle: undefined }),
  ];

  it('takes what trades in its market and coin, the most turnover first', () => {
    assert.deepEqual(resolve('*', listed).chosen, {
      'linear:*': ['TOPUSDT', 'BTCPERP', 'MIDUSDT', 'LOWUSDT', 'DARKUSDT'],
    });
    assert.deepEqual(resolve('USDT,-MIDUSDT', listed).chosen, {
      'linear:USDT': ['TOPUSDT', 'LOWUSDT', 'DARKUSDT'],
    });
    assert.deepEqual(resolve('USDC,top2,USDT:top2', listed).chosen, {
      'linear:USDC': ['BTCPERP'],
      'linear:top2': ['TOPUSDT', 'BTCPERP'],
      'linear:USDT:top2': ['TOPUSDT', 'MIDUSDT'],
    });
  });

  it('that fits nothing, and a rank without turnovers, are told', () => {
    assert.deepEqual(resolve('BRL', listed).empty, ['linear:BRL']);
    const dark = resolve('*,top2', [row('AUSDT', undefined)]);
    assert.deepEqual([dark.chosen, dark.unranked], [{ 'linear:*': ['AUSDT'] }, ['linear:top2']]);
  });
});

describe('the first N', () => {
  const symbols = (count: number) => Array.from({ length: count }, (_, index) => `S${index}`);

  it('keep who was in until it falls behind N x 1.2, unless somebody from the very top comes', () => {
    const ranked = symbols(20);
    assert.deepEqual(seats(ranked, 10, new Set()), ranked.slice(0, 10));
    const withEleventh = new Set([...ranked.slice(0, 9), 'S11']);
    assert.ok(seats(ranked, 10, withEleventh).includes('S11'), 'rank 12 of 10 stays');
    assert.ok(!seats(ranked, 10, new Set([...ranked.slice(0, 9), 'S12'])).includes('S12'), 'rank 13 leaves');
    assert.ok(!seats(ranked, 10, new Set(['S8', 'S9'])).includes('S11'));
    const behind = new Set(ranked.slice(2, 12));
    assert.deepEqual(seats(ranked, 10, behind).slice(0, 8), ranked.slice(0, 8), 'the surest are always in');
  });

  it('are N of those that fit, and the same again when nothing changed', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.string({ minLength: 1, maxLength: 3 }), { maxLength: 40, size: 'max' }),
        fc.integer({ min: 1, max: 50 }),
        fc.array(fc.nat(60)),
        (ranked, count, chosen) => {
          const incumbents = new Set(chosen.flatMap((index) => ranked[index] ?? []));
          const first = seats(ranked, count, incumbents);
          assert.equal(first.length, Math.min(count, ranked.length));
          assert.equal(new Set(first).size, first.length);
          assert.deepEqual(seats(ranked, count, new Set(first)), first);
          for (const [index, symbol] of ranked.entries()) {
            if (index < Math.floor(count / 1.2)) assert.ok(first.includes(symbol));
            if (index >= Math.ceil(count * 1.2)) assert.ok(!first.includes(symbol) || ranked.length <= count);
          }
        },
      ),
    );
  });
});

describe('a limit of topics', () => {
  const market = (category: 'linear' | 'spot', count: number, topics: number) =>
    Array.from({ length: count }, (_, index) => ({
      instrument: { category, symbol: `S${index}` },
      topics,
    }));

  it('takes the first of every market in turn, and counts who is left out', () => {
    const { taken, leftOut } = withinRoom([market('linear', 10, 2), market('spot', 10, 1)], 7, () => false);
    assert.deepEqual(
      taken.map(({ instrument: { category, symbol } }) => `${category}:${symbol}`),
      ['linear:S0', 'spot:S0', 'linear:S1', 'spot:S1', 'spot:S2'],
    );
    assert.equal(leftOut, 15);
    assert.equal(withinRoom([market('linear', 3, 2)], 6, () => false).leftOut, 0);
  });

  it('is never passed, and used as far as whole symbols fit', () => {
    fc.assert(
      fc.property(fc.nat(60), fc.nat(60), fc.nat(200), fc.nat(60), (linear, spot, room, seat) => {
        const markets = [market('linear', linear, 3), market('spot', spot, 2)];
        const { taken, leftOut } = withinRoom(markets, room, ({ symbol }) => symbol === `S${seat}`);
        const used = taken.reduce((sum, { topics }) => sum + topics, 0);
        assert.ok(used <= room);
        assert.equal(taken.length + leftOut, linear + spot);
        if (leftOut > 0) assert.ok(room - used < 3 || taken.length > 0);
      }),
    );
  });
});
