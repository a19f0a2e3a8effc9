/** (b) `bybit-api`: connects, subscribes, parses and hands over messages; checks and keeps nothing. */
import { WebsocketClient } from 'bybit-api';
import { startConsumer } from '../consumer.ts';
import { DEPTH, SYMBOL } from '../frames.ts';
import { exchangePort } from './exchange-port.ts';

const consume = startConsumer();
const quiet = { trace: () => {}, info: () => {}, error: () => {} };
const client = new WebsocketClient(
  { market: 'v5', wsUrl: `ws://127.0.0.1:${exchangePort()}/v5/public/linear` },
  quiet,
);
client.on('update', (message: { topic?: string; data?: unknown }) => {
  if (message.topic !== `publicTrade.${SYMBOL}`) return;
  for (const { i } of message.data as readonly { i: string }[]) consume(Number(i));
});
client.on('exception', () => {});
await Promise.allSettled(
  client.subscribeV5([`publicTrade.${SYMBOL}`, `orderbook.${DEPTH}.${SYMBOL}`], 'linear'),
);
