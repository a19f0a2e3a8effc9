/**
 * A strategy that writes down each trade and each gap that it is told, in order: what users' code sees, beside what the API shows.
 *
 * Lines are written at once, since a run is judged while it goes on.
 */
import { appendFileSync } from 'node:fs';
import process from 'node:process';
import type { Market, Strategy, StrategyGap, TradeTick } from '../../runner/strategy/api.ts';

const file = process.env['WITNESS_FILE'] ?? '';

function note(words: readonly (string | number)[]): void {
  appendFileSync(file, `${words.join(' ')}\n`);
}

export const strategy: Strategy = {
  name: 'witness',
  onTrade(tick: TradeTick, { category, symbol, origin }: Market) {
    note(['trade', category, symbol, tick.id, tick.ts.getTime(), tick.price, tick.qty, tick.side, origin]);
  },
  onGap({ cause, state }: StrategyGap) {
    note(['gap', cause, state]);
  },
};
