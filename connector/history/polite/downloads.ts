/**
 * Files that are fetched whole: what can be asked for, what can go wrong, and what an answer means for the part that is there already.
 *
 * Pure; the streams are in io/. Failures are values: a code, and words that say what to do.
 */
import type { Millis } from '../../../shared/time.ts';
import { explainConnectFailure } from '../../connect-failure.ts';
import type { Blame } from '../../rest/request.ts';

export const downloadErrors = {
  not_found: 'there is no such file: not published yet, or never',
  truncated: 'the file ended early',
  changed: 'the file was replaced while it was fetched',
  too_long: 'the file is longer than allowed',
  not_gzip: 'something else came in place of a gzip file, for example a login page',
  banned: 'this address is shut out, or its country is not served',
  rate_limited: 'the host was asked too often',
  timed_out: 'nothing came for too long',
  unreachable: 'nobody answered, or the host is in trouble',
  refused: 'the host refused the request',
  disk_full: 'there is no room on the disk',
  write_failed: 'the file could not be written',
  cancelled: 'whoever wanted it gave it up',
} as const;

export type DownloadErrorCode = keyof typeof downloadErrors;
export type DownloadFailure = { readonly code: DownloadErrorCode; readonly message: string };

export type DownloadProgress = {
  /** On the disk, with what was there before. */
  readonly bytes: number;
  /** Undefined while the host has not said it. */
  readonly total: number | undefined;
};

export type DownloadWish = {
  readonly url: string;
  /**
   * Where to write; its folder must exist. A note beside it (`.resume`) says of which version of the file it is the beginning, so
   * that a later call, also of another process, goes on where this one stopped. It is gone when the file is whole.
   */
  readonly file: string;
  readonly maxBytes?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: DownloadProgress) => void;
};

export type Downloaded = {
  readonly bytes: number;
  /** Hexadecimal, of the whole file. */
  readonly sha256: string;
  /** So much of it was there already when this call began. */
  readonly resumedFrom: number;
  /** What the host says of the version. */
  readonly etag: string | undefined;
  readonly lastModified: string | undefined;
};

/** Is it worth a further try, and what does the failure say about the host? */
export function blameOf(code: DownloadErrorCode): Blame {
  switch (code) {
    case 'truncated':
    case 'changed':
    case 'not_gzip':
    case 'timed_out':
    case 'unreachable':
      return { kind: 'outage' };
    case 'banned':
      return { kind: 'address' };
    case 'rate_limited':
      return { kind: 'endpoint', waitMs: undefined };
    case 'not_found':
    case 'too_long':
    case 'refused':
    case 'disk_full':
    case 'write_failed':
    case 'cancelled':
      return { kind: 'request' };
  }
}

/** What is known of a file that is here in part: kept beside it, and gone when it is whole. */
export type ResumeNote = {
  readonly url: string;
  readonly etag: string | undefined;
  readonly lastModified: string | undefined;
  readonly total: number | undefined;
};

export function readNote(text: string): ResumeNote | undefined {
  let said: unknown;
  try {
    said = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof said !== 'object' || said === null) return undefined;
  const field = (name: string): unknown => (said as Readonly<Record<string, unknown>>)[name];
  const words = (name: string) => {
    const value = field(name);
    return typeof value === 'string' ? value : undefined;
  };
  const url = words('url');
  const total = field('total');
  if (url === undefined) return undefined;
  return {
    url,
    etag: words('etag'),
    lastModified: words('lastModified'),
    total: typeof total === 'number' && Number.isSafeInteger(total) && total >= 0 ? total : undefined,
  };
}

/** What the host must still have for the rest to fit. A weak tag promises no equal bytes (RFC 9110, 8.8.1). */
export function validatorOf({ etag, lastModified }: ResumeNote): string | undefined {
  return etag !== undefined && !etag.startsWith('W/') ? etag : lastModified;
}

type Headers = Readonly<Record<string, string | undefined>>;

/** What the head of an answer says of the file. */
export function noteOf(url: string, headers: Headers, total: number | undefined): ResumeNote {
  return { url, etag: headers['etag'], lastModified: headers['last-modified'], total };
}

/** The whole length of the file that a 200 brings; undefined when the host does not say. */
export function lengthOf(headers: Headers): number | undefined {
  const text = headers['content-length'] ?? '';
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

/**
 * Does a 206 bring exactly what is missing behind `have` bytes of this version? Answers the whole length, or undefined: then what is
 * here is not the beginning of what comes.
 */
export function restFits(note: ResumeNote, have: number, headers: Headers): number | undefined {
  const [, first, total] =
    /^bytes (\d{1,15})-\d{1,15}\/(\d{1,15})$/.exec(headers['content-range'] ?? '') ?? [];
  if (first === undefined || total === undefined || Number(first) !== have) return undefined;
  const said = noteOf(note.url, headers, Number(total));
  const isOther = (one: unknown, other: unknown) => one !== undefined && other !== undefined && one !== other;
  if (isOther(said.etag, note.etag) || isOther(said.lastModified, note.lastModified)) return undefined;
  return isOther(said.total, note.total) ? undefined : said.total;
}

/** The error of a connection, in words and with a code. `bytes` of `total` were there by then. */
export function lostConnection(
  error: unknown,
  at: { readonly bytes: number; readonly total: number | undefined; readonly idleMs: Millis },
): DownloadFailure {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const said = error instanceof Error ? explainConnectFailure(error) : String(error);
  const reached = `after ${at.bytes}${at.total === undefined ? '' : ` of ${at.total}`} bytes`;
  switch (code) {
    case 'UND_ERR_HEADERS_TIMEOUT':
    case 'UND_ERR_BODY_TIMEOUT':
    case 'UND_ERR_CONNECT_TIMEOUT':
      return { code: 'timed_out', message: `nothing came for ${at.idleMs} ms, ${reached}` };
    case 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH':
      return { code: 'truncated', message: `the file ended ${reached}` };
    default:
      return at.bytes > 0
        ? { code: 'truncated', message: `the connection was lost ${reached}: ${said}` }
        : { code: 'unreachable', message: said };
  }
}
