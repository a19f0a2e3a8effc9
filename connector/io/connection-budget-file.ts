/**
 * The connections that were opened of late, in a file that several processes share: one line each, `milliseconds host`.
 *
 * Lines are appended, and old ones are left out when a process starts or the file has grown long. Two processes that do that
 * at the same moment may lose a line or two of each other, which the distance to the exchange's limit allows for. A file
 * that cannot be read or written is a warning, once: then this process remembers its own connections only.
 */
import { appendFileSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type Millis, type UnixMs, unixMs } from '../../shared/time.ts';
import { type ConnectionLog, memoryConnectionLog, type OpenedConnection } from '../connection-budget.ts';

export const CONNECTION_LOG_FILE = 'connections.log';
/** More lines than this are worth leaving the old ones out. */
const MAX_LINES = 5_000;
/** Nobody writes so much: then it is not our file, or it was never shortened. */
const MAX_LENGTH = 4 * 1024 * 1024;

export type ConnectionLogOptions = {
  /** Lines older than this are left out. */
  readonly keepMs: Millis;
  readonly now: () => UnixMs;
  /** Hears once what is wrong with the file. */
  readonly warn: (reason: string) => void;
};

export function openConnectionLog(
  folder: string,
  { keepMs, now, warn }: ConnectionLogOptions,
): ConnectionLog {
  const file = path.join(folder, CONNECTION_LOG_FILE);
  const own = memoryConnectionLog(keepMs);
  let isBroken = false;
  const attempt = <T>(action: () => T): T | undefined => {
    if (isBroken) return undefined;
    try {
      return action();
    } catch (error) {
      isBroken = true;
      warn(
        `${file} cannot be used (${error instanceof Error ? error.message : String(error)}): connections are counted in memory only, so a restart forgets them. Make the folder writable, then restart`,
      );
      return undefined;
    }
  };
  const shorten = (lines: readonly OpenedConnection[]): void => {
    const recent = lines.filter(({ at }) => Math.abs(now() - at) < keepMs);
    const temporary = `${file}.${process.pid}`;
    writeFileSync(temporary, recent.map(lineOf).join(''));
    renameSync(temporary, file);
  };
  attempt(() => {
    mkdirSync(folder, { recursive: true });
    shorten(readLines(file));
  });
  return {
    read: () =>
      attempt(() => {
        const lines = readLines(file);
        if (lines.length > MAX_LINES) shorten(lines);
        return lines;
      }) ?? own.read(),
    add: (opened) => {
      own.add(opened);
      attempt(() => appendFileSync(file, lineOf(opened)));
    },
  };
}

function lineOf({ at, host }: OpenedConnection): string {
  return `${at} ${host}\n`;
}

/** Lines that are no entries are skipped: a process may have died in the middle of one. */
function readLines(file: string): readonly OpenedConnection[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8').slice(-MAX_LENGTH);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
  return text.split('\n').flatMap((line) => {
    const found = /^(\d{13}) (\S{1,300})$/.exec(line);
    return found?.[1] === undefined || found[2] === undefined
      ? []
      : [{ at: unixMs(Number(found[1])), host: found[2] }];
  });
}
