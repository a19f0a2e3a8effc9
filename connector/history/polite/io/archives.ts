/**
 * Fetches files of the archive: few at a time, politely, each as often as it gets further.
 *
 * The way of a question is everybody's (connector/io/patience.ts); a file that is lost on the way goes on where it stopped.
 */
import type { Dispatcher } from 'undici';
import type { Failure, Result } from '../../../../shared/errors.ts';
import type { HistoryPolicy } from '../../../../shared/history-policy.ts';
import {
  openPatience,
  type PatienceCounts,
  type PatiencePolicy,
  type PatiencePorts,
} from '../../../io/patience.ts';
import type { Downloaded, DownloadFailure, DownloadWish } from '../downloads.ts';
import { fetchFile } from './fetch-file.ts';

export type ArchivePorts = PatiencePorts & { readonly dispatcher: Dispatcher };

export type ArchiveCounts = PatienceCounts & {
  readonly underWay: number;
  /** Files that are whole, and the bytes that came for all, also those that did not get so far. */
  readonly files: number;
  readonly bytes: number;
};

export type Archives = {
  /** Answers when nothing is written any more. Never rejects. */
  readonly download: (wish: DownloadWish) => Promise<Result<Downloaded, DownloadFailure>>;
  readonly counts: () => ArchiveCounts;
  readonly close: () => void;
};

/** What a shut-out goes by; all files are one endpoint. */
export const archiveEndpoint = 'archive';

export function openArchives(
  policy: PatiencePolicy & Omit<HistoryPolicy['archive'], keyof PatiencePolicy>,
  ports: ArchivePorts,
): Archives {
  const patience = openPatience(policy, ports);
  const busy = new Set<string>();
  const totals = { files: 0, bytes: 0 };

  /** As many tries as a question gets. */
  const ask = async (wish: DownloadWish): Promise<Attempt> => {
    let came = 0;
    let last: { readonly of: Failure; readonly failure: DownloadFailure } | undefined;
    let running: Promise<unknown> = Promise.resolve();
    const received = (bytes: number): void => {
      came += bytes;
      totals.bytes += bytes;
    };
    const question = { endpoint: archiveEndpoint, priority: 0, signal: wish.signal };
    const result = await patience.ask<Downloaded>(question, (signal) => {
      const fetched = fetchFile(wish, signal, { ...ports, policy, received }).then(({ tried, failure }) => {
        if (tried.kind === 'failed' && failure !== undefined) last = { of: tried.failure, failure };
        return tried;
      });
      running = fetched;
      return fetched;
    });
    // The queue lets go of what is cancelled at once; the file is still open then.
    await running;
    if (result.ok) return { result, came };
    const failure = last?.of === result.failure ? last.failure : unsent(result.failure, wish.signal);
    return { result: { ok: false, failure }, came };
  };

  const download = async (wish: DownloadWish): Promise<Result<Downloaded, DownloadFailure>> => {
    if (busy.has(wish.file))
      return failed({ code: 'write_failed', message: `${wish.file} is being fetched already` });
    busy.add(wish.file);
    try {
      for (let rounds = 0; ; rounds += 1) {
        const { result, came } = await ask(wish);
        if (result.ok) totals.files += 1;
        const goesOn = !result.ok && isWorthGoingOn(result.failure) && came > 0;
        if (!goesOn || rounds >= policy.resumesAtMost) return result;
      }
    } finally {
      busy.delete(wish.file);
    }
  };

  return {
    download,
    counts: () => ({ ...patience.counts(), ...totals, underWay: patience.underWay() }),
    close: patience.close,
  };
}

type Attempt = { readonly result: Result<Downloaded, DownloadFailure>; readonly came: number };

function isWorthGoingOn({ code }: DownloadFailure): boolean {
  return code === 'truncated' || code === 'timed_out' || code === 'unreachable';
}

/** It was not even sent: what the gate, the breaker or the queue said. */
function unsent({ code, message }: Failure, signal: AbortSignal | undefined): DownloadFailure {
  if (signal?.aborted === true) return { code: 'cancelled', message: 'it was cancelled' };
  if (code === 'ip_banned' || code === 'region_blocked') return { code: 'banned', message };
  return { code: code === 'rate_limited' ? 'rate_limited' : 'unreachable', message };
}

function failed(failure: DownloadFailure): Result<never, DownloadFailure> {
  return { ok: false, failure };
}
