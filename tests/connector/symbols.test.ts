/** The connector alone finds what its filters fit, and asks until it is told. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FilteredWish } from '../../connector/stream-options.ts';
import { findTopics, type SymbolSources } from '../../connector/symbols.ts';
import { fail, ok } from '../../shared/errors.ts';
import type { InstrumentEvent } from '../../shared/events/market-events.ts';
import { type Category, topicKey } from '../../shared/market.ts';
import { scaledPolicy } from '../../shared/policy.ts';
import { readSymbols } from '../../shared/settings/topics.ts';
import { unixMs } from '../../shared/time.ts';

const turnover: Readonly<Record<string, number>> = { AUSDT: 1, BUSDT: 9, CUSDT: 5 };
const instrument = (category: Category, symbol: string): InstrumentEvent => ({
  type: 'instrument',
  category,
  symbol,
  status: 'trading',
  base: symbol.slice(0, 1),
  quote: 'USDT',
  tick_size: '0.1',
  qty_step: '1',
});

function wish(symbols: string): FilteredWish {
  const findings = { problems: [] as string[], warnings: [] as string[] };
  const read = readSymbols([{ name: '--symbols', text: symbols }], 'linear', findings);
  assert.deepEqual(findings.problems, []);
  return { ...read, subscriptions: [{ channel: 'trades' }] };
}

function sources(failures: number, more: Partial<SymbolSources> = {}) {
  const told: string[] = [];
  const waits: number[] = [];
  let left = failures;
  const note = (fields: object, words?: string) => void told.push(`${JSON.stringify(fields)} ${words}`);
  const all: SymbolSources = {
    rest: {
      instruments: (category) =>
        Promise.resolve(
          left-- > 0
            ? fail('request_failed', 'nobody answers')
            : ok({
                rows: Object.keys(turnover).map((symbol) => instrument(category, symbol)),
                bad: 0,
                firstBad: undefined,
              }),
        ),
      turnovers: () => Promise.resolve(ok(new Map(Object.entries(turnover)))),
    },
    random: () => 0.5,
    wait: (ms) => {
      waits.push(ms);
      return Promise.resolve();
    },
    nowMs: () => unixMs(1),
    log: { info: note, warn: note },
    isOver: () => false,
    backoff: scaledPolicy(1).symbols.backoff,
    ...more,
  };
  return { all, told, waits };
}

test('filters of every market become topics, those with the most turnover first', async () => {
  const { all } = sources(0);
  const topics = await findTopics(wish('top2,spot:USDT,-spot:BUSDT'), [], all);
  assert.deepEqual(topics?.map(topicKey), [
    'trades:linear:BUSDT',
    'trades:spot:CUSDT',
    'trades:linear:CUSDT',
    'trades:spot:AUSDT',
  ]);
});

test('an exchange that does not answer is asked again, later and later, and what is wrong is told', async () => {
  const { all, told, waits } = sources(3);
  assert.equal((await findTopics(wish('*'), [], all))?.length, 3);
  assert.deepEqual(waits, [1_000, 2_000, 4_000]);
  assert.match(told[0] ?? '', /symbols_unresolved.*linear:\*: nobody answers; it is asked again/);
});

test('a connector that stops asks no more', async () => {
  let asked = 0;
  const isOver = (): boolean => {
    asked += 1;
    return asked > 2;
  };
  const { all } = sources(9, { isOver });
  assert.equal(await findTopics(wish('*'), [], all), undefined);
});

test('what fits nothing is told', async () => {
  const { all, told } = sources(0);
  assert.deepEqual(await findTopics(wish('BRL'), [], all), []);
  assert.match(told.join(), /symbols_none.*fits linear:BRL/);
});
