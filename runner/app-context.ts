/** The context of the app: what it is built from, and who hears what it finds out by itself. */
import type { Topic } from '../shared/market.ts';
import type { AppConfig, AppPorts } from './app-ports.ts';
import type { AppWatchers } from './app-watchers.ts';
import type { Candle } from './context/candle.ts';
import { Context } from './context/context.ts';
import type { SessionChange } from './context/day/sessions.ts';
import type { BookBreak } from './context/order-book.ts';

export type AppContextPorts = Pick<AppPorts, 'log' | 'symbols'> & {
  readonly watchers: AppWatchers;
  readonly onBookBroken: (topic: Topic, code: BookBreak, reason: string) => void;
  /** For the strategies: they hear of a candle before those who watch. */
  readonly onCandle: (candle: Candle) => void;
};

export function appContext(config: AppConfig, ports: AppContextPorts): Context {
  const { watchers, symbols } = ports;
  return new Context(
    {
      wanted: config.topics,
      freshness: config.policy.freshness,
      tapeCapacity: config.bufferSize,
      settings: config.context,
    },
    {
      onBookBroken: ports.onBookBroken,
      onCandle: (candle) => {
        ports.onCandle(candle);
        watchers.tell('candles', candle);
      },
      factsOf: (instrument) => symbols?.facts?.(instrument),
      onSession: (change) => sessionChanged(change, ports),
    },
  );
}

function sessionChanged({ from, to, at }: SessionChange, { log, watchers }: AppContextPorts): void {
  const began = new Date(at).toISOString();
  const text = to === 'off' ? `session ${from} is over` : `session ${to} began`;
  log.info({ event: 'session_changed', from, to, began }, text);
  watchers.live('session', text);
}
