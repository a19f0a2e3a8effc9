/** What the app tells the recorder: each dispatched trade once, gaps before what ends them, and what is no longer wanted. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pino } from 'pino';
import { App } from '../../../runner/app.ts';
import type { TowlineEvent } from '../../../shared/events/event.ts';
import { topicKey } from '../../../shared/market.ts';
import { scaledPolicy } from '../../../shared/policy.ts';
import { deathOf } from '../../helpers/deaths.ts';
import { VirtualClock } from '../../helpers/virtual-clock.ts';
import { bitcoin, status, trade } from '../intake/events.ts';
import { topic } from './recorder-world.ts';

const ready = status('ready', { connector: 'bybit', environment: 'mainnet', clock: 'live' });

function appWith(heard: string[]): App {
  const clock = new VirtualClock();
  const policy = scaledPolicy(1);
  const word = (event: TowlineEvent): string => (event.type === 'trade' ? event.id : event.type);
  return new App(
    { instruments: [bitcoin], topics: [topic], category: 'linear', bufferSize: 10, policy, nonce: 'x' },
    {
      clock,
      log: pino({ enabled: false }),
      heard: () => undefined,
      announcedReady: () => undefined,
      refuse: () => undefined,
      send: () => true,
      recorder: {
        heard: (event) => void heard.push(word(event)),
        unwanted: (given) => void heard.push(`unwanted ${topicKey(given)}`),
      },
    },
  );
}

test('the recorder hears what is dispatched, in its order, and what is given up', () => {
  const heard: string[] = [];
  const app = appWith(heard);
  const timestamp = new VirtualClock().unixMs();
  const say = (generation: number, ...events: readonly object[]): void => {
    for (const event of events) app.onLine(JSON.stringify(event), generation);
  };
  const at = (id: string, more: object = {}): object => ({ ...trade({ id, timestamp }), ...more });
  app.childStarted(1);
  say(1, ready, at('a'), at('a'), at('b', { origin: 'healed' }), at('other', { symbol: 'NOTASKED' }));
  app.childEnded(1, { ...deathOf('exit_1'), generation: 1 });
  app.childStarted(2);
  say(2, ready, at('c'));
  app.unwant(topic);
  assert.deepEqual(heard, [
    'status',
    'a',
    'b',
    'gap',
    'status',
    'gap',
    'c',
    'unwanted trades:linear:BTCUSDT',
  ]);
});
