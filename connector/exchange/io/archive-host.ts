/**
 * Serves the archive as a static host does: length, tag, date, ranges. What exists is decided in ../archive/archive.ts.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Found } from '../archive/archive.ts';
import { findInArchive } from '../archive/archive.ts';
import { rangeOf } from '../archive/range.ts';
import type { Exchange } from '../exchange.ts';
import type { Moment } from '../moment.ts';
import type { HttpAnswer } from '../rest/rest.ts';
import { gatewayError } from '../rest/rest.ts';
import type { StoredFile } from './archive-store.ts';
import { ArchiveStore } from './archive-store.ts';
import type { Manner } from './send.ts';
import { respond, sendBody } from './send.ts';

/** The archive's answers; faults are those that were ordered for their paths. */
export class ArchiveHost {
  readonly counts = { requests: 0, files: 0, refused: 0 };
  private readonly exchange: Exchange;
  private readonly store = new ArchiveStore();
  private readonly open = new Set<ServerResponse>();

  constructor(exchange: Exchange) {
    this.exchange = exchange;
  }

  /** Answers a request; `path` is one of the archive's. */
  answer(request: IncomingMessage, response: ServerResponse, path: string, clock: Moment): void {
    this.counts.requests += 1;
    this.open.add(response);
    response.on('close', () => this.open.delete(response));
    const { faults } = this.exchange;
    const { method } = request;
    if (method !== 'GET' && method !== 'HEAD') return this.refuse(response, path, 405);
    if (faults.bansEverything) return this.refuse(response, path, 403);
    // A look at the head uses up nothing that was ordered for the file.
    const isOnlyLook = method === 'HEAD';
    const error = faults.takeRest('rest_error', path, isOnlyLook);
    if (error !== undefined) return this.refuse(response, path, error.http_status ?? 500);
    const defect = faults.takeRest('archive_defect', path, isOnlyLook)?.defect;
    const found = findInArchive(this.exchange, path, defect, this.exchange.ownTime(clock));
    if (found.kind === 'text') respond(response, this.delayed(path, found.answer));
    else void this.sendFile(request, response, found);
  }

  /** Ends what is being sent. */
  async stop(): Promise<void> {
    for (const response of this.open) response.destroy();
    await this.store.close();
  }

  private refuse(response: ServerResponse, path: string, status: number): void {
    this.counts.refused += 1;
    respond(response, this.delayed(path, gatewayError(status)));
  }

  private delayed(path: string, answer: HttpAnswer): HttpAnswer {
    const delayMs = this.exchange.faults.restDelay(path);
    return delayMs === 0 ? answer : { ...answer, delayMs };
  }

  private async sendFile(
    request: IncomingMessage,
    response: ServerResponse,
    found: Extract<Found, { kind: 'file' }>,
  ): Promise<void> {
    let stored: StoredFile;
    try {
      stored = await this.store.hold(found.file);
    } catch (error) {
      const body = `the archive file cannot be made: ${String(error)}\n`;
      respond(response, { status: 500, headers: { 'content-type': 'text/plain' }, body });
      return;
    }
    this.counts.files += 1;
    try {
      const delayMs = this.exchange.faults.restDelay(found.path);
      if (delayMs > 0) await new Promise((resolve) => setTimeout(resolve, delayMs).unref());
      await this.send(request, response, found, stored);
    } finally {
      await stored.release();
    }
  }

  private async send(
    request: IncomingMessage,
    response: ServerResponse,
    { publishedAt, path }: Extract<Found, { kind: 'file' }>,
    { handle, size, md5 }: StoredFile,
  ): Promise<void> {
    const headers = {
      'content-type': 'application/gzip',
      'accept-ranges': 'bytes',
      etag: `"${md5}"`,
      'last-modified': new Date(publishedAt).toUTCString(),
    };
    if (request.headers['if-none-match'] === headers.etag) return void response.writeHead(304, headers).end();
    const isSame = [undefined, headers.etag, headers['last-modified']].includes(
      firstOf(request.headers['if-range']),
    );
    const range = isSame ? rangeOf(request.headers.range, size) : undefined;
    if (range === 'none') {
      response.writeHead(416, { 'content-range': `bytes */${size}`, 'content-length': 0 }).end();
      return;
    }
    const { from, to } = range ?? { from: 0, to: size - 1 };
    const { length, manner } = this.manner(path, to - from + 1, request.method === 'HEAD');
    response.writeHead(range === undefined ? 200 : 206, {
      ...headers,
      'content-length': length,
      ...(range === undefined ? {} : { 'content-range': `bytes ${from}-${to}/${size}` }),
    });
    if (request.method === 'HEAD') return void response.end();
    const end = from + length - 1;
    await sendBody(response, bytesOf(handle, from, end), manner);
  }

  /** What is announced, and how it comes. */
  private manner(
    path: string,
    length: number,
    isHead: boolean,
  ): { readonly length: number; readonly manner: Manner } {
    const { faults } = this.exchange;
    const half = Math.floor(length / 2);
    const bytesPerSecond = faults.restSpeed(path);
    const speed = bytesPerSecond === undefined ? {} : { bytesPerSecond };
    if (isHead) return { length, manner: { cutAfter: undefined } };
    if (faults.takeRest('rest_reset', path) !== undefined)
      return { length, manner: { ...speed, cutAfter: half, isReset: true } };
    const truncated = faults.takeRest('rest_truncated', path);
    if (truncated === undefined) return { length, manner: { ...speed, cutAfter: undefined } };
    if (truncated.cut) return { length, manner: { ...speed, cutAfter: half } };
    return { length: half, manner: { ...speed, cutAfter: undefined } };
  }
}

const PIECE = 64 * 1024;

async function* bytesOf(
  handle: StoredFile['handle'],
  from: number,
  to: number,
): AsyncGenerator<Buffer, void> {
  for (let at = from; at <= to; ) {
    const { bytesRead, buffer } = await handle.read(
      Buffer.allocUnsafe(PIECE),
      0,
      Math.min(PIECE, to - at + 1),
      at,
    );
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
    at += bytesRead;
  }
}

function firstOf(header: string | readonly string[] | undefined): string | undefined {
  return typeof header === 'string' || header === undefined ? header : header[0];
}
