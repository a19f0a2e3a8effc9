/** Valid texts that no helper writes: answers on a public socket, and a ticker with every field. */
import { bookFrame, linearAck, refusal, spotAck, tradeFrame } from '../helpers/bybit-frames.ts';

export const controlSamples = [
  linearAck('s1'),
  spotAck('s2'),
  refusal('s3', 'error:handler not found,topic:orderbook.50.NOPEUSDT'),
  refusal(undefined, 'Invalid symbol :[publicTrade.NOPEUSDT]'),
  refusal('s4', 'error:already subscribed,topic:publicTrade.BTCUSDT'),
  '{"success":true,"ret_msg":"pong","conn_id":"c","req_id":"p7","op":"ping"}',
  '{"req_id":"p7","op":"pong","args":["1675418560633"],"conn_id":"c"}',
  '{"retCode":0,"retMsg":"OK","op":"pong","data":["1711002002529"],"connId":"c"}',
  '{"success":false,"ret_msg":"error:invalid op","conn_id":"c","op":"dance"}',
  tradeFrame(['a']),
  bookFrame({ type: 'delta', u: 2 }),
] as const;

export const wholeTicker = {
  lastPrice: '50000.10',
  markPrice: '50000.20',
  indexPrice: '50001',
  bid1Price: '50000.00',
  bid1Size: '1.5',
  ask1Price: '50000.10',
  ask1Size: '0.2',
  highPrice24h: '51000',
  lowPrice24h: '49000',
  volume24h: '12345.678',
  turnover24h: '617283900.5',
  openInterest: '54321',
  fundingRate: '-0.0001',
  nextFundingTime: '1750003200000',
  price24hPcnt: '-0.01',
} as const;
