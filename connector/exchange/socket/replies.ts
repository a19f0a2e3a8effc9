/**
 * The texts with which Bybit answers what a client sends on a public socket, per market and with its key order.
 *
 * Contract sockets always echo `req_id` (empty when none was sent); the spot socket has the key only when the client
 * sent one, and its refusal of a symbol never has it. Shapes: bybit-v5.md 2.2, 2.5, 2.6, bybit-payload-traps.md 2 and 4.
 * Not known from any capture, so an assumption: the texts for a duplicate topic and an unknown topic on spot (the
 * contract text and `Invalid symbol` are used), and the text when the 21,000 characters are exceeded.
 */
import type { Connection } from '../feeds/connections.ts';

/** The operations that a public socket knows. */
export type Operation = 'subscribe' | 'unsubscribe' | 'ping';

/** Bybit's names for the operations; `reqId` is what the client sent, if anything. */
export function successReply(connection: Connection, op: Operation, reqId: string | undefined): string {
  const message = op === 'ping' ? 'pong' : connection.category === 'spot' ? op : '';
  return reply(connection, true, message, op, reqId);
}

/** A refusal with the market's text. */
export function refusal(
  connection: Connection,
  op: string,
  message: string,
  reqId: string | undefined,
): string {
  return reply(connection, false, message, op, reqId);
}

/** The refusal of a topic that does not exist. Spot names it in brackets and forgets the request's id. */
export function unknownTopic(
  connection: Connection,
  op: string,
  topic: string,
  reqId: string | undefined,
): string {
  if (connection.category === 'spot')
    return reply(connection, false, `Invalid symbol :[${topic}]`, op, undefined);
  return reply(connection, false, `error:handler not found,topic:${topic}`, op, reqId);
}

/** What Bybit's JSON reader says about a text that is none; the socket stays open. */
export function undecodable(connection: Connection, text: string): string {
  const seen = text.slice(0, 20);
  const first = text.slice(0, 1);
  const detail =
    first === ''
      ? 'readObjectStart: expect { or n, but found \u0000, error found in #0 byte of ...||..., bigger context ...||...'
      : first === '{'
        ? `readObject: expect , or } , error found in #${Math.min(text.length, 10)} byte of ...|${seen}|..., bigger context ...|${seen}|...`
        : `readObjectStart: expect { or n, but found ${first}, error found in #1 byte of ...|${seen}|..., bigger context ...|${seen}|...`;
  return reply(connection, false, `Failed to decode incoming data:${detail}`, '', undefined);
}

/** Go's JSON writer escapes these three, so `args size >10` travels as `args size \u003e10`. */
function goString(text: string): string {
  return JSON.stringify(text).replace(/[<>&]/g, (sign) => `\\u00${sign.charCodeAt(0).toString(16)}`);
}

function reply(
  connection: Connection,
  success: boolean,
  message: string,
  op: string,
  reqId: string | undefined,
): string {
  const head = `{"success":${success},"ret_msg":${goString(message)},"conn_id":"${connection.connId}"`;
  const hasReqId = connection.category !== 'spot' || reqId !== undefined;
  const middle = hasReqId ? `,"req_id":${goString(reqId ?? '')}` : '';
  return `${head}${middle},"op":${goString(op)}}`;
}
