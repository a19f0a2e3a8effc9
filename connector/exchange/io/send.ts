/**
 * Sending an answer, whole or as broken as it was ordered: late, slow, cut or reset.
 */
import type { ServerResponse } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import type { HttpAnswer } from '../rest/rest.ts';

/** How a body is to arrive. */
export type Manner = Pick<HttpAnswer, 'isReset' | 'bytesPerSecond'> & {
  /** After these bytes the connection ends. */
  readonly cutAfter: number | undefined;
};

/** A slow body comes in so many pieces a second. */
const PIECES_A_SECOND = 20;

/** Time that the client has to read what came before a reset, ms. */
const RESET_AFTER_MS = 30;

/** Sends a text; its head says how long it is meant to be. */
export function respond(response: ServerResponse, answer: HttpAnswer): void {
  if (answer.delayMs === undefined) void sendText(response, answer);
  else setTimeout(() => void sendText(response, answer), answer.delayMs).unref();
}

async function sendText(response: ServerResponse, answer: HttpAnswer): Promise<void> {
  if (response.destroyed) return;
  const body = Buffer.from(answer.body);
  response.writeHead(answer.status, { ...answer.headers, 'content-length': body.length });
  if (answer.cutAfter === undefined && answer.bytesPerSecond === undefined) {
    response.end(response.req.method === 'HEAD' ? undefined : body);
    return;
  }
  const { cutAfter, isReset, bytesPerSecond } = answer;
  await sendBody(response, [body], {
    cutAfter,
    ...(isReset === undefined ? {} : { isReset }),
    ...(bytesPerSecond === undefined ? {} : { bytesPerSecond }),
  });
}

/** Sends a body behind a head that has been written; never rejects, because a client that left is no error. */
export async function sendBody(
  response: ServerResponse,
  body: AsyncIterable<Buffer> | Iterable<Buffer>,
  { cutAfter = Number.POSITIVE_INFINITY, isReset, bytesPerSecond }: Manner,
): Promise<void> {
  let left = cutAfter;
  try {
    for await (const bytes of body) {
      const allowed = bytes.subarray(0, Math.min(bytes.length, left));
      left -= allowed.length;
      await sendPieces(response, allowed, bytesPerSecond);
      if (response.destroyed) return;
      if (left > 0) continue;
      // What was sent must have left before the end, and with a reset it must have been read, or it would never arrive.
      await new Promise((resolve) => response.write('', resolve));
      if (isReset !== true) return void response.destroy();
      await wait(RESET_AFTER_MS);
      response.socket?.resetAndDestroy();
      return;
    }
    response.end();
  } catch {
    response.destroy();
  }
}

async function sendPieces(
  response: ServerResponse,
  bytes: Buffer,
  bytesPerSecond: number | undefined,
): Promise<void> {
  const most =
    bytesPerSecond === undefined ? bytes.length : Math.max(1, Math.ceil(bytesPerSecond / PIECES_A_SECOND));
  for (let from = 0; from < bytes.length; from += most) {
    if (response.destroyed) return;
    const piece = bytes.subarray(from, from + most);
    const isTaken = response.write(piece);
    if (!isTaken) await drained(response);
    if (bytesPerSecond !== undefined)
      await wait((piece.length * 1000) / bytesPerSecond, undefined, { ref: false });
  }
}

/** Waits until the client has read on, or has left. */
function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      response.off('drain', done);
      response.off('close', done);
      resolve();
    };
    response.on('drain', done);
    response.on('close', done);
  });
}
