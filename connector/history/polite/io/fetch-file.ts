/**
 * One try to fetch a file: streamed to the disk with its checksum on the way, from where an earlier try stopped if the host still has the
 * same version, and never longer than allowed.
 */
import { type Dispatcher, request } from 'undici';
import { withoutLogin } from '../../../../shared/settings/words.ts';
import { type Clock, type Millis, unixMicros } from '../../../../shared/time.ts';
import { httpRefusal } from '../../../bybit/rest-envelope.ts';
import { flat, readBody, refusedByProxy } from '../../../io/rest-http.ts';
import type { HttpAnswer, Tried } from '../../../rest/request.ts';
import {
  blameOf,
  type Downloaded,
  type DownloadFailure,
  type DownloadWish,
  lengthOf,
  lostConnection,
  noteOf,
  restFits,
  validatorOf,
} from '../downloads.ts';
import { FileTrouble, PartFile } from './part-file.ts';

export type FetchPorts = {
  readonly dispatcher: Dispatcher;
  readonly clock: Clock;
  /** So many bytes came. */
  readonly received: (bytes: number) => void;
  readonly policy: {
    readonly maxBytes: number;
    readonly idleMs: Millis;
    readonly progressEveryMs: Millis;
  };
};

/** What came of it, and the failure with a code of its own where there is one. */
export type FetchTried = { readonly tried: Tried<Downloaded>; readonly failure?: DownloadFailure };

/** Of a page that came in place of a file, for the message. */
const MAX_PAGE_BYTES = 64 * 1024;
const GZIP = [0x1f, 0x8b] as const;

/** Never rejects. What it leaves on the disk is the beginning of the file, or nothing. */
export async function fetchFile(
  wish: DownloadWish,
  signal: AbortSignal,
  ports: FetchPorts,
): Promise<FetchTried> {
  const part = new PartFile(wish.file);
  const total: { value: number | undefined } = { value: undefined };
  try {
    await part.find(wish.url);
    total.value = part.note?.total;
    const resumedFrom = part.bytes;
    const outcome = await stream(wish, part, total, signal, ports);
    if (outcome.kind === 'failed') {
      await part.leave(outcome.keep);
      return outcome.result;
    }
    const { etag, lastModified } = outcome;
    const bytes = part.bytes;
    const sha256 = await part.finish();
    const downloaded = {
      bytes,
      sha256,
      resumedFrom: outcome.isResumed ? resumedFrom : 0,
      etag,
      lastModified,
    };
    return { tried: { kind: 'answered', answer: downloaded } };
  } catch (error) {
    const failure = signal.aborted
      ? ({ code: 'cancelled', message: 'it was cancelled' } as const)
      : explained(error, { bytes: part.bytes, total: total.value, idleMs: ports.policy.idleMs }, wish.file);
    // A disk that is full or broken keeps what it has, too: with room made, the rest is less.
    await part.leave(true);
    return failed(failure);
  }
}

type Outcome =
  | { readonly kind: 'failed'; readonly result: FetchTried; readonly keep: boolean }
  | {
      readonly kind: 'whole';
      readonly isResumed: boolean;
      readonly etag: string | undefined;
      readonly lastModified: string | undefined;
    };

async function stream(
  wish: DownloadWish,
  part: PartFile,
  total: { value: number | undefined },
  signal: AbortSignal,
  ports: FetchPorts,
): Promise<Outcome> {
  const { note } = part;
  // Everything was there, only nobody had said so yet.
  if (note !== undefined && note.total === part.bytes)
    return { kind: 'whole', isResumed: true, etag: note.etag, lastModified: note.lastModified };
  const validator = note === undefined ? undefined : validatorOf(note);
  const { idleMs, maxBytes: most } = ports.policy;
  const maxBytes = wish.maxBytes ?? most;
  const answer = await request(wish.url, {
    dispatcher: ports.dispatcher,
    signal,
    headersTimeout: idleMs,
    bodyTimeout: idleMs,
    headers: {
      'accept-encoding': 'identity',
      ...(validator === undefined ? {} : { range: `bytes=${part.bytes}-`, 'if-range': validator }),
    },
  });
  const headers = flat(answer.headers);
  const isRest = answer.statusCode === 206 && note !== undefined;
  if (answer.statusCode !== 200 && !isRest) return await refusal(wish, answer, headers);
  total.value = isRest ? restFits(note, part.bytes, headers) : lengthOf(headers);
  if (isRest && total.value === undefined) {
    answer.body.destroy();
    return stopped('changed', 'the host has another version by now; it is fetched anew', false);
  }
  if ((total.value ?? 0) > maxBytes) {
    answer.body.destroy();
    return stopped('too_long', `the file has ${total.value} bytes; ${maxBytes} are allowed`, false);
  }
  const version = noteOf(wish.url, headers, total.value);
  if (!isRest) await part.begin(version);
  const problem = await writeBody(wish, part, answer.body, total.value, maxBytes, ports);
  if (problem !== undefined) {
    answer.body.destroy();
    return problem;
  }
  return { kind: 'whole', isResumed: isRest, etag: version.etag, lastModified: version.lastModified };
}

async function writeBody(
  wish: DownloadWish,
  part: PartFile,
  body: AsyncIterable<Buffer>,
  total: number | undefined,
  maxBytes: number,
  { clock, policy, received }: FetchPorts,
): Promise<Outcome | undefined> {
  let toldAt = clock.monoMs() - policy.progressEveryMs;
  for await (const chunk of body) {
    if (part.bytes === 0 && /\.gz$/.test(wish.url) && !startsLikeGzip(chunk))
      return stopped(
        'not_gzip',
        `what came is no gzip file: ${chunk.subarray(0, 100).toString('latin1')}`,
        false,
      );
    if (part.bytes + chunk.length > maxBytes)
      return stopped('too_long', `the file is longer than ${maxBytes} bytes`, false);
    await part.append(chunk);
    received(chunk.length);
    if (clock.monoMs() - toldAt < policy.progressEveryMs) continue;
    toldAt = clock.monoMs();
    wish.onProgress?.({ bytes: part.bytes, total });
  }
  wish.onProgress?.({ bytes: part.bytes, total });
  if (total !== undefined && part.bytes !== total)
    return stopped('truncated', `the file ended after ${part.bytes} of ${total} bytes`, part.bytes < total);
  if (part.bytes === 0) return stopped('truncated', 'the file is empty', false);
  return undefined;
}

/** The first bytes may come one by one. */
function startsLikeGzip(chunk: Buffer): boolean {
  return GZIP.every((byte, index) => index >= chunk.length || chunk[index] === byte);
}

/** An answer that is no file. */
async function refusal(
  { url }: DownloadWish,
  { statusCode, body }: Dispatcher.ResponseData,
  headers: HttpAnswer['headers'],
): Promise<Outcome> {
  const page = await readBody(body, MAX_PAGE_BYTES).catch(() => '');
  if (statusCode === 404) return stopped('not_found', `HTTP 404: there is no ${withoutLogin(url)}`, false);
  if (statusCode === 416 || statusCode === 206)
    return stopped(
      'changed',
      `HTTP ${statusCode}: the host has another version by now; it is fetched anew`,
      false,
    );
  return { kind: 'failed', result: refusedBy(statusCode, page, headers), keep: true };
}

/** By the one table of what HTTP says (connector/bybit/rest-envelope.ts). */
function refusedBy(status: number, body: string, headers: HttpAnswer['headers']): FetchTried {
  const now = unixMicros(0);
  const answer = { status, body, headers, sentAt: now, receivedAt: now, tookMs: 0 };
  const tried = httpRefusal(answer, 'BYBIT_ARCHIVE_BASE_URL');
  const { kind } = tried.blame;
  const code = (
    { address: 'banned', endpoint: 'rate_limited', outage: 'unreachable', request: 'refused' } as const
  )[kind];
  return { tried, failure: { code, message: tried.failure.message } };
}

function explained(error: unknown, at: Parameters<typeof lostConnection>[1], file: string): DownloadFailure {
  if (error instanceof FileTrouble)
    return error.isFull
      ? { code: 'disk_full', message: `the disk is full (${file}): make room and try again` }
      : { code: 'write_failed', message: `${file} cannot be written: ${error.message}` };
  const status = refusedByProxy(error);
  const ofProxy = status === undefined ? undefined : refusedBy(status, 'said by the proxy', {}).failure;
  return ofProxy ?? lostConnection(error, at);
}

function stopped(code: DownloadFailure['code'], message: string, keep: boolean): Outcome {
  return { kind: 'failed', result: failed({ code, message }), keep };
}

function failed(failure: DownloadFailure): FetchTried {
  const blame = blameOf(failure.code);
  const { message } = failure;
  const code =
    blame.kind === 'outage' ? 'request_failed' : blame.kind === 'address' ? 'ip_banned' : 'request_refused';
  return { tried: { kind: 'failed', failure: { code, message }, blame }, failure };
}
