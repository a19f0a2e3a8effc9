/** The API over a context that a test tells trades: what it answers is reckoned, not made up. */
import type { TestContext } from 'node:test';
import type { TowlineEvent } from '../../../shared/events/event.ts';
import type { LiquidationEvent, TradeEvent } from '../../../shared/events/market-events.ts';
import { monoMs, unixMs } from '../../../shared/time.ts';
import { btc, fakeLiquidation, fakeTrade, START } from './fake-ports.ts';
import { openApi } from './open-api.ts';

export async function openContext(t: TestContext) {
  const api = await openApi(t);
  const { world } = api;
  const say = (...events: readonly TowlineEvent[]): void => {
    for (const event of events) world.context.apply(event, monoMs(world.now - START), unixMs(world.now));
  };
  return {
    ...api,
    say,
    /** Trades so many ms before now, in their order. */
    trade: (ago: number, fields: Partial<TradeEvent> = {}): void =>
      say({ ...fakeTrade(1_000), ...btc, id: `c${ago}`, timestamp: world.now - ago, ...fields }),
    liquidation: (fields: Partial<LiquidationEvent>): void =>
      say({ ...fakeLiquidation(0), timestamp: world.now, ...fields }),
  };
}
