/**
 * Texts that no exchange should send: the default of the fault `malformed_frame`.
 *
 * Each breaks another assumption: half a text, JSON that is no object, a topic without data, data of the wrong type,
 * numbers that are none, a book whose levels are torn.
 */
export const MALFORMED_FRAMES: readonly string[] = [
  '{"topic":"publicTrade.BTCUSDT","type":"snapshot","ts":1672304486868,"data":[{"T":16723044',
  'null',
  '[]',
  '"text"',
  '{}',
  '{"topic":"publicTrade.BTCUSDT"}',
  '{"topic":7,"type":"snapshot","ts":1,"data":[]}',
  '{"topic":"publicTrade.BTCUSDT","type":"snapshot","ts":1672304486868,"data":{}}',
  '{"topic":"publicTrade.BTCUSDT","type":"snapshot","ts":1672304486868,"data":[{"T":"soon","s":"BTCUSDT","S":"Hold","v":"-1","p":"cheap","i":null}]}',
  '{"topic":"orderbook.50.BTCUSDT","type":"delta","ts":1672304486868,"data":{"s":"BTCUSDT","b":[["1"]],"a":"none","u":"next","seq":null}}',
  '{"topic":"kline.1.BTCUSDT","data":[{"start":1672304460000,"end":"later","interval":"1","open":"x","close":null,"high":"","low":"1","volume":"-1","turnover":"NaN","confirm":"yes","timestamp":0}],"ts":1672304486868,"type":"snapshot"}',
  '{"topic":"tickers.BTCUSDT","type":"delta","data":{"symbol":"BTCUSDT","markPrice":"dear","bid1Price":7},"cs":"1","ts":1672304486868}',
  '{"topic":"tickers.BTCUSDT","type":"snapshot","data":null,"cs":1,"ts":1672304486868}',
  '{"topic":"allLiquidation.BTCUSDT","type":"snapshot","ts":1672304486868,"data":[{"T":1672304486865,"s":"BTCUSDT","S":"Long","v":"0","p":"Infinity"}]}',
  '{"topic":"unheard.of.BTCUSDT","type":"snapshot","ts":1672304486868,"data":{"x":1}}',
];
