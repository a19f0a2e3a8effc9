/** (a) The floor: the `ws` library and JSON.parse, nothing checked, nothing kept. */
import { WebSocket } from 'ws';
import { startConsumer } from '../consumer.ts';
import { DEPTH, SYMBOL } from '../frames.ts';
import { exchangePort } from './exchange-port.ts';

const consume = startConsumer();
const socket = new WebSocket(`ws://127.0.0.1:${exchangePort()}/v5/public/linear`, {
  perMessageDeflate: false,
});
socket.on('open', () => {
  socket.send(
    JSON.stringify({ op: 'subscribe', args: [`publicTrade.${SYMBOL}`, `orderbook.${DEPTH}.${SYMBOL}`] }),
  );
});
socket.on('message', (data: Buffer) => {
  const frame = JSON.parse(data.toString()) as { topic?: string; data: readonly { i: string }[] };
  if (frame.topic === `publicTrade.${SYMBOL}`) for (const { i } of frame.data) consume(Number(i));
});
