/**
 * What a frame from a public socket is: data, acknowledgement, pong, or something that cannot be read.
 *
 * The exchange has four shapes of pong and three of acknowledgement (bybit-v5.md 2.2, 2.5, 2.6), and new keys appear over
 * time: unknown keys pass, key order means nothing, and nothing here throws.
 */
import { parseBybitTopic } from './topics.ts';

/** A data frame. `data` is unchecked: the reader of its channel checks it. */
export type DataFrame = {
  readonly kind: 'data';
  readonly topic: string;
  readonly type: string;
  /** When the exchange pushed it, ms. */
  readonly ts: number;
  /** When the matching engine made the change, ms; only on books. */
  readonly cts: number | undefined;
  readonly data: unknown;
};

export type AckFrame = {
  readonly kind: 'ack';
  readonly op: 'subscribe' | 'unsubscribe';
  readonly success: boolean;
  /** Empty when the exchange left it out. */
  readonly requestId: string;
  readonly message: string;
  /** The topic that a refusal names, if it names one. */
  readonly namedTopic: string | undefined;
  /** "already subscribed" is a refusal in form only: the stream goes on. */
  readonly alreadySubscribed: boolean;
};

export type PublicFrame =
  | DataFrame
  | AckFrame
  | { readonly kind: 'pong'; readonly requestId: string }
  /** An answer that concerns no topic: unknown op, undecodable request. */
  | { readonly kind: 'notice'; readonly message: string }
  | { readonly kind: 'bad'; readonly reason: string };

/** Reads one frame. */
export function parseFrame(text: string): PublicFrame {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch {
    return { kind: 'bad', reason: 'not JSON' };
  }
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw))
    return { kind: 'bad', reason: 'not a JSON object' };
  const frame = raw as Readonly<Record<string, unknown>>;
  const topic = frame['topic'];
  return typeof topic === 'string' ? dataFrame(frame, topic) : controlFrame(frame);
}

/** The topic that a text which could not be read as a whole seems to belong to. */
export function guessTopic(text: string): string | undefined {
  return /"topic"\s*:\s*"([A-Za-z0-9.-]{3,60})"/.exec(text.slice(0, 2_000))?.[1];
}

function dataFrame(frame: Readonly<Record<string, unknown>>, topic: string): PublicFrame {
  const { type, ts, cts, data } = frame;
  if (typeof ts !== 'number' || !Number.isSafeInteger(ts) || ts <= 0)
    return { kind: 'bad', reason: `${topic}: ts is not a time` };
  return {
    kind: 'data',
    topic,
    type: typeof type === 'string' ? type : '',
    ts,
    cts: typeof cts === 'number' && Number.isSafeInteger(cts) && cts > 0 ? cts : undefined,
    data,
  };
}

function controlFrame(frame: Readonly<Record<string, unknown>>): PublicFrame {
  const op = frame['op'];
  const message = textOf(frame['ret_msg']);
  const requestId = textOf(frame['req_id']);
  if (op === 'pong' || (op === 'ping' && message === 'pong')) return { kind: 'pong', requestId };
  const success = frame['success'] === true;
  if (op === 'subscribe' || op === 'unsubscribe') {
    return {
      kind: 'ack',
      op,
      success,
      requestId,
      message,
      namedTopic: success ? undefined : namedTopic(message),
      alreadySubscribed: message.includes('already subscribed'),
    };
  }
  // What might carry data must count as data that was missed; anything else is whole and concerns no topic.
  const isAnswer = message.length > 0 || 'success' in frame;
  if (!isAnswer && ('topic' in frame || 'data' in frame))
    return { kind: 'bad', reason: 'neither data nor an answer' };
  return { kind: 'notice', message: message || JSON.stringify(frame).slice(0, 300) };
}

/** `error:handler not found,topic:orderbook.50.NOPEUSDT` on linear, `Invalid symbol :[publicTrade.NOPEUSDT]` on spot. */
function namedTopic(message: string): string | undefined {
  const named = /topic:\s*([A-Za-z0-9.-]+)/.exec(message)?.[1] ?? /\[\s*([A-Za-z0-9.-]+)/.exec(message)?.[1];
  if (named === undefined) return undefined;
  return named.includes('.') || parseBybitTopic(named, 'linear') !== undefined ? named : undefined;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
