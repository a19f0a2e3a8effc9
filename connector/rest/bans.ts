/**
 * Shut-outs of this address that outlive the process which was told of them: each request makes one longer, also that of a program
 * which has only just started (bybit-v5.md 6.3).
 *
 * What a gate is told of them. The texts are in shared/bans.ts, the file is in ../io/ban-file.ts.
 */
import type { Failure } from '../../shared/errors.ts';
import type { MonoMs } from '../../shared/time.ts';

export type ToldBan = { readonly until: MonoMs; readonly failure: Failure };

/** What a gate remembers beyond its process. */
export type BanMemory = {
  /** The longest one that others were told of, also before our start. Cheap enough to be asked before each request. */
  readonly look: (now: MonoMs) => ToldBan | undefined;
  /** We were shut out. */
  readonly keep: (ban: ToldBan, now: MonoMs) => void;
};

export const noMemory: BanMemory = { look: () => undefined, keep: () => undefined };
