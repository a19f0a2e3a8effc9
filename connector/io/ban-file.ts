/**
 * The shut-outs of this address in a file that all programs on one folder share: each writes what it was told, and looks before it asks.
 *
 * The file is small and is replaced as a whole. Two programs that write in the same moment may lose a ban of each other; whoever is shut
 * out as well writes it again. One that cannot be read says nothing, and that is told. A folder that is not there yet is made
 * with the first ban.
 */
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import {
  BAN_FILE,
  type Ban,
  banOf,
  beliefIn,
  MAX_BAN_FILE_BYTES,
  readBans,
  textOfBans,
} from '../../shared/bans.ts';
import { after, type Clock, type Millis, type MonoMs, type UnixMs, unixMs } from '../../shared/time.ts';
import { type BanMemory, noMemory, type ToldBan } from '../rest/bans.ts';

/** The file is looked at so often at most. */
const LOOK_EVERY_MS: Millis = 1_000;
/** So many bans are remembered as told: as many as a file may hold. */
const MAX_TOLD = 100;

export type BanFileOptions = {
  readonly clock: Clock;
  /** No ban lasts longer. */
  readonly longestMs: Millis;
  /** Hears what is wrong with the file, and of a ban that is in it. */
  readonly warn: (event: 'ban_file_failed' | 'ban_known', words: string) => void;
};

export type BanFile = {
  /**
   * @param scope - what is asked (`scopeOf`)
   * @param kin - further hosts whose word "too frequent" is meant for the whole address, and so for this one
   */
  readonly of: (scope: string, kin?: readonly string[]) => BanMemory;
};

/** For a program that was given no folder. */
export const noBanFile: BanFile = { of: () => noMemory };

/** A ban of the file, with when it ends by the clock that nobody sets. */
type Seen = { readonly ban: Ban; readonly ends: MonoMs };

export function openBanFile(folder: string, options: BanFileOptions): BanFile {
  const kept = new KeptBans(path.join(folder, BAN_FILE), options);
  return {
    of: (scope, kin = []) => {
      const concerns = (ban: Ban): boolean =>
        ban.scope === scope || (ban.code === 'ip_banned' && kin.includes(ban.scope));
      return {
        look: (now) => kept.look(concerns, now),
        keep: (ban, now) => kept.keep(scope, ban, now),
      };
    },
  };
}

class KeptBans {
  readonly #file: string;
  readonly #options: BanFileOptions;
  #seen: readonly Seen[] = [];
  #lookedAt: MonoMs | undefined;
  #version: string | undefined;
  /** Told once, until it works again. */
  #isBroken = false;
  readonly #told = new Set<string>();

  constructor(file: string, options: BanFileOptions) {
    this.#file = file;
    this.#options = options;
  }

  look(concerns: (ban: Ban) => boolean, now: MonoMs): ToldBan | undefined {
    if (this.#lookedAt === undefined || now - this.#lookedAt >= LOOK_EVERY_MS) this.#refresh(now);
    let longest: Seen | undefined;
    for (const one of this.#seen)
      if (one.ends > now && one.ends > (longest?.ends ?? now) && concerns(one.ban)) longest = one;
    if (longest === undefined) return undefined;
    const { ban, ends } = longest;
    this.#tell(ban);
    return { until: ends, failure: { code: ban.code, message: ban.reason } };
  }

  keep(scope: string, { until, failure }: ToldBan, now: MonoMs): void {
    this.#refresh(now);
    const wall = this.#options.clock.unixMs();
    const ban = banOf(scope, unixMs(Math.round(wall + (until - now))), failure);
    this.#isNew(ban);
    const others = this.#seen.filter((one) => one.ban.scope !== scope && one.ends > now);
    this.#seen = [...others, { ban, ends: until }];
    this.#attempt('written', () => this.#write());
  }

  #write(): void {
    mkdirSync(path.dirname(this.#file), { recursive: true });
    const temporary = `${this.#file}.${process.pid}`;
    try {
      writeFileSync(temporary, textOfBans(this.#seen.map((one) => one.ban)));
      // Before it has its name: what another program puts in its place is a version that we have not seen.
      const version = versionOf(temporary);
      renameSync(temporary, this.#file);
      this.#version = version;
      this.#isBroken = false;
    } catch (error) {
      rmSync(temporary, { force: true });
      throw error;
    }
  }

  #refresh(now: MonoMs): void {
    this.#lookedAt = now;
    this.#attempt('read', () => {
      const version = versionOf(this.#file);
      if (version === this.#version) return;
      const text = version === undefined ? undefined : readFileSync(this.#file, 'utf8');
      // Only now: rights that are mended change nothing else of a file that could not be read.
      this.#version = version;
      this.#isBroken = false;
      this.#seen = text === undefined ? [] : this.#believed(text, now, this.#options.clock.unixMs());
    });
  }

  #believed(text: string, now: MonoMs, wall: UnixMs): readonly Seen[] {
    const { longestMs, warn } = this.#options;
    const bans = text.length > MAX_BAN_FILE_BYTES ? undefined : readBans(text);
    if (bans === undefined) {
      warn(
        'ban_file_failed',
        `${this.#file} is not what we wrote: what it says of shut-outs is not known. Remove it, it is made anew`,
      );
      return [];
    }
    return bans.flatMap((ban) => {
      const belief = beliefIn(ban, wall, longestMs);
      if (belief === 'absurd')
        warn(
          'ban_file_failed',
          `${this.#file}: ${ban.scope} is said to be shut out until ${timeOf(ban)}, which is longer than a shut-out lasts: it is not believed. Was the clock set back?`,
        );
      if (belief !== 'believed') return [];
      // One that we have seen before ends when it would have ended, however the wall clock was set since.
      const before = this.#seen.find((one) => nameOf(one.ban) === nameOf(ban));
      return [{ ban, ends: before?.ends ?? after(now, Math.min(longestMs, ban.until - wall)) }];
    });
  }

  #tell(ban: Ban): void {
    if (!this.#isNew(ban)) return;
    this.#options.warn(
      'ban_known',
      `this address was shut out before (${ban.reason}): ${ban.scope} is not asked until ${timeOf(ban)}, since each request would make it longer (${this.#file})`,
    );
  }

  /** True once for each ban. */
  #isNew(ban: Ban): boolean {
    const name = nameOf(ban);
    if (this.#told.has(name)) return false;
    this.#told.add(name);
    const [oldest] = this.#told;
    if (this.#told.size > MAX_TOLD && oldest !== undefined) this.#told.delete(oldest);
    return true;
  }

  /** A file that is gone again before it could be read is no failure. */
  #attempt(what: 'read' | 'written', action: () => void): void {
    try {
      action();
    } catch (error) {
      if (what === 'read' && error instanceof Error && 'code' in error && error.code === 'ENOENT') return;
      if (this.#isBroken) return;
      this.#isBroken = true;
      const why = error instanceof Error ? error.message : String(error);
      this.#options.warn(
        'ban_file_failed',
        `${this.#file} cannot be ${what} (${why}): a shut-out is known to this process only. Make folder and file readable and writable`,
      );
    }
  }
}

function nameOf({ scope, until }: Ban): string {
  return `${until} ${scope}`;
}

function timeOf({ until }: Ban): string {
  return Number.isFinite(new Date(until).getTime()) ? new Date(until).toISOString() : String(until);
}

/** Another one is another file, or was written since; undefined: there is none. */
function versionOf(file: string): string | undefined {
  const found = statSync(file, { throwIfNoEntry: false });
  return found === undefined ? undefined : `${found.ino} ${found.mtimeMs} ${found.size}`;
}
