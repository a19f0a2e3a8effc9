/**
 * What can go wrong with stored history: codes, what each means, and whether the same call can succeed later.
 *
 * Failures are values. Whatever fails, the cache is as it was before, and nothing half written is left behind.
 */
import type { Result } from '../../../shared/errors.ts';

export const storeErrors = {
  download_incomplete: { retryable: true, meaning: 'the downloaded file is not as long as it was announced' },
  checksum_wrong: { retryable: true, meaning: 'the downloaded file is not the one that was announced' },
  not_gzip: { retryable: true, meaning: 'the downloaded file is no gzip file, for example a page of HTML' },
  gzip_damaged: { retryable: true, meaning: 'the compressed file is cut off or damaged' },
  header_unknown: { retryable: false, meaning: 'the first line of the file lacks a column that is needed' },
  row_bad: { retryable: false, meaning: 'a row of the file cannot be a trade of that day' },
  symbol_wrong: { retryable: false, meaning: 'the file is of another symbol' },
  file_empty: { retryable: true, meaning: 'the file has no rows' },
  journal_bad: { retryable: false, meaning: 'a line of a recording cannot be read' },
  disk_full: { retryable: true, meaning: 'there is no room on the disk' },
  write_failed: { retryable: true, meaning: 'a file of the cache could not be written' },
  read_failed: { retryable: true, meaning: 'a file could not be read' },
  readback_wrong: { retryable: true, meaning: 'what was written is not what was read back' },
  store_busy: { retryable: true, meaning: 'another process writes into the folder of this symbol' },
  bin_size_wrong: { retryable: false, meaning: 'the size of the bins is no decimal above 0, or too fine' },
  not_stored: { retryable: false, meaning: 'the day is not stored, or its file cannot be trusted' },
} as const satisfies Record<string, { readonly retryable: boolean; readonly meaning: string }>;

export type StoreErrorCode = keyof typeof storeErrors;

/** `message` names what is wrong and what to do about it. */
export type StoreFailure = { readonly code: StoreErrorCode; readonly message: string };

export type StoreResult<T> = Result<T, StoreFailure>;

export function refuse(code: StoreErrorCode, message: string): StoreResult<never> {
  return { ok: false, failure: { code, message } };
}

/** A failure on its way out of nested input and output; `attempt` in io/ turns it into a value. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
  readonly code: StoreErrorCode;

  constructor(code: StoreErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** What the words of the file system and of the database mean. `doing` says what was tried: "write the trades of ...". */
export function failureOf(error: unknown, otherwise: StoreErrorCode, doing: string): StoreFailure {
  if (error instanceof StoreError) return { code: error.code, message: error.message };
  const why = error instanceof Error ? error.message : String(error);
  if (/no space left on device|ENOSPC|EDQUOT|quota exceeded/i.test(why))
    return {
      code: 'disk_full',
      message: `cannot ${doing}: the disk is full (${firstLine(why)}). Make room and try again`,
    };
  return { code: otherwise, message: `cannot ${doing}: ${firstLine(why)}` };
}

function firstLine(text: string): string {
  return (text.split('\n')[0] ?? '').slice(0, 300);
}
