/**
 * Every reader of what the exchange says, with valid texts to begin from. A text goes the whole way: bytes in, events out.
 *
 * A new reader in connector/bybit/ without a row here fails the test.
 */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { DepthShape } from '../../connector/bybit/depth-splice.ts';
import { type DataFrame, guessTopic, parseFrame } from '../../connector/bybit/frames.ts';
import { readKlines } from '../../connector/bybit/klines.ts';
import { readLiquidations } from '../../connector/bybit/liquidations.ts';
import { readDepth, readTrades } from '../../connector/bybit/market-data.ts';
import { readBook } from '../../connector/bybit/rest-book.ts';
import { readAnswer } from '../../connector/bybit/rest-envelope.ts';
import { readInstrumentPage, readTurnovers } from '../../connector/bybit/rest-instruments.ts';
import { readKeyRights } from '../../connector/bybit/rest-key.ts';
import { readRestKlines } from '../../connector/bybit/rest-klines.ts';
import { readRows } from '../../connector/bybit/rest-rows.ts';
import { readRecentTrades } from '../../connector/bybit/rest-trades.ts';
import { lineStart } from '../../connector/bybit/spliced-line.ts';
import { readTicker } from '../../connector/bybit/tickers.ts';
import { parseBybitTopic } from '../../connector/bybit/topics.ts';
import { TradeShape } from '../../connector/bybit/trade-splice.ts';
import { explainUpgradeRefusal } from '../../connector/bybit/upgrade-refusal.ts';
import type { RestAnswer } from '../../connector/rest/request.ts';
import { errorCatalogue, type Failure, type Result } from '../../shared/errors.ts';
import { at, contractRow, receivedAt, spotRow, tradeRow } from '../connector/bybit/rest-answers.ts';
import { bookFrame, klineFrame, liquidationFrame, tickerFrame, tradeFrame } from '../helpers/bybit-frames.ts';
import { controlSamples, wholeTicker } from './samples.ts';

/** What a reader made of a text. */
export type Told = {
  /** Each must be valid by the schema of its type. */
  readonly events: readonly unknown[];
  /** Each must be finite. */
  readonly figures?: readonly number[];
  /** Why something could not be read, in words. */
  readonly refusal?: string | undefined;
};

export type Reader = {
  /** The exports that it stands for. */
  readonly of: readonly string[];
  /** Valid texts. */
  readonly samples: readonly [string, ...string[]];
  /** Must not throw. */
  readonly read: (text: string) => Told;
};

const btc = { category: 'linear', symbol: 'BTCUSDT' } as const;
const start = lineStart(btc);
const nothing: Told = { events: [] };

/** A data frame of the public socket, read by the reader of its channel; what is none is refused with a reason. */
function fromFrame(read: (frame: DataFrame) => Told): (text: string) => Told {
  return (text) => {
    const frame = parseFrame(text);
    if (frame.kind === 'bad') return { events: [], refusal: frame.reason };
    return frame.kind === 'data' ? read(frame) : nothing;
  };
}

function rowsTold({
  rows,
  bad,
}: {
  readonly rows: readonly unknown[];
  readonly bad: string | undefined;
}): Told {
  return { events: rows, refusal: bad };
}

function plain(event: unknown): unknown {
  return JSON.parse(JSON.stringify(event));
}

const frames: readonly Reader[] = [
  {
    of: ['parseFrame', 'guessTopic'],
    samples: controlSamples,
    read(text) {
      const guess = guessTopic(text);
      assert.ok(guess === undefined || guess.length <= 60);
      const frame = parseFrame(text);
      switch (frame.kind) {
        case 'data':
          return { events: [], figures: [frame.ts, frame.cts ?? 0] };
        case 'ack':
          assert.ok(frame.op === 'subscribe' || frame.op === 'unsubscribe');
          assert.deepEqual([typeof frame.success, typeof frame.alreadySubscribed], ['boolean', 'boolean']);
          assert.deepEqual([typeof frame.requestId, typeof frame.message], ['string', 'string']);
          return nothing;
        case 'pong':
          assert.equal(typeof frame.requestId, 'string');
          return nothing;
        case 'notice':
          return { events: [], refusal: frame.message };
        case 'bad':
          return { events: [], refusal: frame.reason };
      }
    },
  },
  {
    of: ['readTrades'],
    samples: [tradeFrame(['a', 'b', 'c']), tradeFrame(['2290000001225843671'])],
    read: fromFrame((frame) => rowsTold(readTrades(frame, btc, receivedAt))),
  },
  {
    of: ['readDepth'],
    samples: [
      bookFrame({ type: 'snapshot', u: 1 }),
      bookFrame({ type: 'delta', u: 2, a: [['50000.10', '0']] }),
    ],
    read: fromFrame((frame) => {
      const event = readDepth(frame, btc, 50, receivedAt);
      return typeof event === 'string' ? { events: [], refusal: event } : { events: [event] };
    }),
  },
  {
    of: ['readKlines'],
    samples: [
      klineFrame([
        { start: 1_750_000_020_000, confirm: true },
        { start: 1_750_000_080_000, confirm: false },
      ]),
    ],
    read: fromFrame((frame) => rowsTold(readKlines(frame, { ...btc, interval: '1' }, receivedAt))),
  },
  {
    of: ['readTicker'],
    samples: [
      tickerFrame('snapshot', wholeTicker),
      tickerFrame('delta', { lastPrice: '5', fundingRate: '-0.1' }),
    ],
    read: fromFrame((frame) => {
      const patch = readTicker(frame, btc);
      if (typeof patch === 'string') return { events: [], refusal: patch };
      const fields = Object.fromEntries(patch.fields.filter(([, value]) => value !== undefined));
      // What a snapshot makes of it: the whole ticker is these fields and nothing else.
      return {
        events: [
          {
            type: 'ticker',
            ...btc,
            timestamp: frame.ts,
            sent_at: frame.ts,
            received_at: receivedAt,
            ...fields,
          },
        ],
      };
    }),
  },
  {
    of: ['readLiquidations'],
    samples: [
      liquidationFrame([
        { S: 'Buy', p: '5' },
        { S: 'Sell', p: '6.5' },
      ]),
    ],
    read: fromFrame((frame) => rowsTold(readLiquidations(frame, btc, receivedAt))),
  },
  {
    of: ['TradeShape'],
    samples: [tradeFrame(['a', 'b', 'c']), tradeFrame(['2290000001225843671'])],
    read(text) {
      const spliced = TradeShape.of(text)?.splice(Buffer.from(text), topicEnd(text), start, receivedAt);
      if (spliced === undefined) return { events: [], refusal: 'it must be parsed' };
      const events = spliced.trades.map(plain);
      assert.deepEqual(
        events,
        fromFrame((frame) => rowsTold(readTrades(frame, btc, receivedAt)))(text).events,
      );
      return { events, figures: [spliced.sentAt] };
    },
  },
  {
    of: ['DepthShape'],
    samples: [
      bookFrame({ type: 'snapshot', u: 1 }),
      bookFrame({ type: 'delta', u: 2, a: [['50000.10', '0']] }),
    ],
    read(text) {
      const spliced = DepthShape.of(text)?.splice(Buffer.from(text), topicEnd(text), start, 50, receivedAt);
      if (spliced === undefined) return { events: [], refusal: 'it must be parsed' };
      const frame = parseFrame(text);
      assert.equal(frame.kind, 'data');
      if (frame.kind === 'data')
        assert.deepEqual(plain(spliced.event), readDepth(frame, btc, 50, receivedAt));
      return { events: [plain(spliced.event)], figures: [spliced.sentAt] };
    },
  },
  {
    of: ['parseBybitTopic'],
    samples: [
      '"publicTrade.BTCUSDT"',
      '"orderbook.50.BTCUSDT"',
      '"kline.D.BTCUSDT"',
      '"allLiquidation.BTCUSDT"',
    ],
    read(text) {
      const topic = parseBybitTopic(text.slice(1, -1), 'linear');
      return topic === undefined ? { events: [], refusal: 'unknown topic' } : nothing;
    },
  },
];

function topicEnd(text: string): number {
  return text.indexOf('"', '{"topic":"'.length);
}

/** An answer of the REST interface: the envelope first, then what it holds. */
function fromAnswer(read: (answer: RestAnswer) => Told): (text: string) => Told {
  return (text) => {
    const verdict = readAnswer({
      status: 200,
      headers: {},
      body: text,
      sentAt: receivedAt,
      receivedAt,
      tookMs: 20,
    });
    return verdict.kind === 'failed' ? refused(verdict.failure) : read(verdict.answer);
  };
}

function refused({ code, message }: Failure): Told {
  assert.ok(Object.hasOwn(errorCatalogue, code), code);
  return { events: [], refusal: message };
}

function resultTold<T>(result: Result<T>, told: (value: T) => Told): Told {
  return result.ok ? told(result.value) : refused(result.failure);
}

function restRows({
  rows,
  bad,
  firstBad,
}: {
  readonly rows: readonly unknown[];
  readonly bad: number;
  readonly firstBad: string | undefined;
}): Told {
  assert.equal(bad > 0, firstBad !== undefined, 'a row that is left out has a reason');
  return { events: rows, figures: [bad], refusal: firstBad };
}

function answer(result: unknown): string {
  return JSON.stringify({ retCode: 0, retMsg: 'OK', result, retExtInfo: {}, time: at });
}

const klineRow = [String(at - (at % 60_000)), '1', '2', '1', '2', '3', '4'];

const answers: readonly Reader[] = [
  {
    of: ['readAnswer', 'explainUpgradeRefusal'],
    samples: [
      '<html><head><title>403 Forbidden</title></head><body>Access denied. CloudFront</body></html>',
      '{"retCode":10006,"retMsg":"Too many visits!","result":{},"time":1750000000123}',
      'The Amazon CloudFront distribution is configured to block access from your country.',
    ],
    read(text) {
      for (const status of [101, 200, 302, 403, 404, 407, 429, 502]) {
        const headers = { server: text.slice(0, 40), 'x-bapi-limit-reset-timestamp': text.slice(-14) };
        const verdict = readAnswer({
          status,
          headers,
          body: text,
          sentAt: receivedAt,
          receivedAt,
          tookMs: 20,
        });
        if (verdict.kind === 'failed') {
          refused(verdict.failure);
          if (verdict.blame.kind === 'endpoint') assert.ok((verdict.blame.waitMs ?? 1) > 0);
        }
        const { code, reason } = explainUpgradeRefusal(status, text, text.slice(0, 40));
        refused({ code, message: reason });
        assert.ok(reason.length > 0 && reason.length < 1_000);
      }
      return nothing;
    },
  },
  {
    of: ['readRecentTrades', 'readRows'],
    samples: [
      answer({
        list: [tradeRow({}), tradeRow({ execId: '2290000001225843671', seq: 7, isBlockTrade: true })],
      }),
    ],
    read: fromAnswer(({ result }) => {
      resultTold(
        readRows(result, () => 'nothing can be read'),
        restRows,
      );
      return resultTold(readRecentTrades(result, btc, receivedAt), restRows);
    }),
  },
  {
    of: ['readRestKlines'],
    samples: [answer({ list: [klineRow, klineRow] })],
    read: fromAnswer((given) =>
      [...(['1', 'D', 'M'] as const)]
        .map((interval) => resultTold(readRestKlines(given, btc, interval), restRows))
        .reduce((one, other) => ({
          events: [...one.events, ...other.events],
          refusal: one.refusal ?? other.refusal,
        })),
    ),
  },
  {
    of: ['readBook'],
    samples: [answer({ s: 'BTCUSDT', b: [['1', '2']], a: [['3', '4']], ts: at, u: 7, seq: 9, cts: at })],
    read: fromAnswer((given) => resultTold(readBook(given, btc, 50), (event) => ({ events: [event] }))),
  },
  {
    of: ['readInstrumentPage'],
    samples: [answer({ list: [contractRow({})], nextPageCursor: 'a%3D' }), answer({ list: [spotRow({})] })],
    read: fromAnswer(({ result }) =>
      (['linear', 'spot', 'inverse'] as const)
        .map((category) =>
          resultTold(readInstrumentPage(result, category, receivedAt), ({ rows, cursor }) => {
            assert.equal(typeof cursor, 'string');
            return restRows(rows);
          }),
        )
        .reduce((one, other) => ({
          events: [...one.events, ...other.events],
          refusal: one.refusal ?? other.refusal,
        })),
    ),
  },
  {
    of: ['readTurnovers'],
    samples: [
      answer({
        list: [
          { symbol: 'BTCUSDT', turnover24h: '12.5' },
          { symbol: 'ETHUSDT', turnover24h: '0' },
        ],
      }),
    ],
    read: fromAnswer(({ result }) =>
      resultTold(readTurnovers(result), (turnovers) => ({ events: [], figures: [...turnovers.values()] })),
    ),
  },
  {
    of: ['readKeyRights'],
    samples: [
      answer({
        readOnly: 1,
        permissions: { Spot: ['SpotTrade'], Wallet: ['Withdraw'] },
        ips: ['*'],
        expiredAt: '2026-12-01T00:00:00Z',
      }),
    ],
    read: fromAnswer(({ result }) =>
      resultTold(readKeyRights(result), ({ expiresAt = 0 }) => ({ events: [], figures: [expiresAt] })),
    ),
  },
];

export const readers: readonly Reader[] = [...frames, ...answers];

/** Exports of the dialect that read nothing of the exchange's, and those whose fuzzing is in a test of their own. */
export const notReaders: Readonly<Record<string, string>> = {
  archiveBaseUrl: 'writes',
  archivePath: 'writes',
  archiveBegan: 'reckons',
  signedHeaders: 'writes',
  httpRefusal: 'part of readAnswer',
  bybitTopic: 'writes',
  subscriptionFrame: 'writes',
  pingFrame: 'writes',
  klineStart: 'reckons',
  klineEnd: 'reckons',
  intervalLength: 'reckons',
  joinRows: 'joins what was read',
  members: 'part of the splices',
  keysOf: 'part of the splices',
  envelopeOf: 'part of the splices',
  ending: 'part of the splices',
  ascii: 'part of the splices',
  foundFor: 'part of the splices',
  scan: 'part of the splices',
  skip: 'part of the splices',
  numberAt: 'part of the splices',
  lineStart: 'part of the splices',
  LearntShapes: 'keeps the splices; tests/fuzz/feeds.test.ts drives it',
  marketRest: 'tests/connector/bybit/rest-market.test.ts, answers that were tampered with',
  timeText: 'part of the readers of REST',
  readLevels: 'part of readDepth and the reader of REST books',
  decimal: 'part of all readers',
  signedDecimal: 'part of all readers',
  positive: 'part of all readers',
  isCount: 'part of all readers',
  isTime: 'part of all readers',
  isCandleStart: 'part of both readers of candles',
  isRecord: 'part of all readers',
};
