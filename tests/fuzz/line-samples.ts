/** One valid line, at least, of every type of event and every command. */

const market =
  '"n":7,"category":"linear","symbol":"BTCUSDT","timestamp":1750000000000,"received_at":1750000000012345';

export const eventSamples: readonly string[] = [
  '{"type":"trade","timestamp":1717440000000,"price":50000.1,"qty":0.25,"side":"buy","is_buyer_maker":false,"id":12345}',
  '{"type":"trade","timestamp":"2024-06-03T18:40:00Z","price":1,"qty":2,"side":"sell","is_buyer_maker":true,"id":"a"}',
  `{"type":"trade",${market},"sent_at":1750000000003,"price":50000.1,"qty":0.25,"side":"buy","is_buyer_maker":false,"id":"2f0b","seq":17,"block":true,"rpi":true,"origin":"healed"}`,
  `{"type":"depth",${market},"action":"delta","depth":50,"bids":[[50000.0,1.5],[49999,0]],"asks":[[50000.1,1.2]],"last_update_id":42,"seq":9}`,
  `{"type":"kline",${market},"interval":"1","start":1750000000000,"end":1750000059999,"open":1,"high":2,"low":1,"close":2,"volume":3,"turnover":4,"closed":true}`,
  `{"type":"ticker",${market},"last_price":1,"mark_price":2,"bid_price":1,"bid_qty":0,"funding_rate":-0.0001,"next_funding_at":1750003200000}`,
  `{"type":"liquidation",${market},"price":1,"qty":2,"position":"long"}`,
  '{"type":"instrument","n":8,"category":"linear","symbol":"BTCUSDT","status":"trading","base":"BTC","quote":"USDT","settle":"USDT","tick_size":"0.10","qty_step":"0.001","min_notional":"5","launch_at":1585526400000,"turnover_24h":5.5,"at":1750000000000}',
  `{"type":"book_check",${market},"depth":50,"bids":[[1,2]],"asks":[[3,4]],"seq":9}`,
  '{"type":"status","n":1,"status":"ready","connector":"bybit","protocol":1,"environment":"mainnet","clock":"live","pid":4711,"at":1717440000000}',
  '{"type":"status","n":2,"status":"heartbeat","scope":"process","at":1717440000000,"rss_bytes":5,"cpu_percent":0.5,"queue_lines":0,"queue_bytes":0,"clock_offset_ms":-3.5,"clock_error_ms":2,"sockets":[{"category":"linear","url":"ws://x","state":"open","reconnects":0,"frames":5,"bad_frames":0,"socket":0,"topics":1}],"topics":[{"channel":"trades","category":"linear","symbol":"BTCUSDT","state":"active","stale":false,"age_ms":12,"messages":3}]}',
  '{"type":"status","status":"connected","connector":"bybit"}',
  '{"type":"error","n":10,"error":"subscribe refused","code":"topic_refused","retryable":false,"at":1717440000000}',
  '{"type":"gap","n":11,"gap_id":"g1","state":"healed","channel":"trades","category":"linear","symbol":"BTCUSDT","cause":"socket_lost","from":{"id":"a","timestamp":1750000000000,"seq":1},"to":{"id":"b","timestamp":1750000000001},"at":1750000000002,"healed_by":"recent_trades","recovered":3,"missing":0}',
  '{"type":"reply","n":12,"id":"c1","ok":false,"error":"no","code":"bad_command","data":{"a":[1]}}',
  '{"type":"progress","n":13,"task":"history","current":1,"total":null,"done":false,"at":1750000000000}',
  `{"type":"execution",${market},"execution_id":"0ab1","order_id":"9aac","client_order_id":"tl-17","side":"sell","cause":"trade","price":"95900.1","qty":"0.5","value":"47950.05","fees":[{"currency":"USDT","amount":"26.3725275"}],"is_maker":false,"leaves_qty":"0"}`,
  `{"type":"order",${market},"order_id":"9aac","client_order_id":null,"side":"buy","order_type":"limit","status":"partially_filled","price":"1.5","qty":"2","cum_exec_qty":"1","avg_price":"1.5","leaves_qty":"1","time_in_force":"gtc","reduce_only":false}`,
  `{"type":"position",${market},"side":"long","position_index":0,"size":"1","entry_price":"5","mark_price":null,"liquidation_price":null,"unrealised_pnl":"-0.5","realised_pnl":"0"}`,
  '{"type":"wallet","n":16,"timestamp":1750000000000,"account":"unified","coins":[{"coin":"USDT","equity":"1","balance":"1","locked":null,"unrealised_pnl":"0"}]}',
];

export const commandSamples: readonly string[] = [
  '{"command":"subscribe","channel":"trades","symbol":"BTCUSDT","category":"linear","id":"c1"}',
  '{"command":"subscribe","channel":"depth","symbol":"BTCUSDT","depth":50,"id":"c2","resume":{"last_id":"a","timestamp":1750000000000,"seq":5,"gap_id":"g"}}',
  '{"command":"subscribe","channel":"kline","symbol":"BTCUSDT","interval":"60","id":3}',
  '{"command":"unsubscribe","channel":"liquidation","symbol":"BTCUSDT"}',
  '{"command":"instruments","category":"spot","id":"c5"}',
  '{"command":"read_book","symbol":"BTCUSDT","depth":50,"id":"c6"}',
  '{"command":"dump","reason":"a look","id":"c7"}',
  '{"command":"ping","id":"c8"}',
  '{"command":"stats","id":"c9"}',
  '{"command":"shutdown","id":"c10"}',
];
