/**
 * How the files of a rotating log are named, and which of them are too many: `towline.log` becomes `towline.2026-11-21.1.log`,
 * then `.2.log` on the same day. Day and number are in the name, so that the order is known after any number of restarts,
 * also from a copy whose file times are gone.
 */
import path from 'node:path';

export type LogFileName = {
  readonly name: string;
  /** UTC, as in the lines: `2026-11-21`. */
  readonly day: string;
  readonly number: number;
};

export function logFileName(base: string, day: string, number: number): LogFileName {
  const { name, ext } = path.parse(base);
  return { name: `${name}.${day}.${number}${ext}`, day, number };
}

/** The files of this log among the names of a folder, oldest first. */
export function logFilesAmong(base: string, names: readonly string[]): readonly LogFileName[] {
  return names
    .flatMap((name) => {
      const [, day, number] = /\.(\d{4}-\d{2}-\d{2})\.(\d{1,9})(?:\.[^.]*)?$/.exec(name) ?? [];
      if (day === undefined || number === undefined) return [];
      const file = logFileName(base, day, Number(number));
      return file.name === name ? [file] : [];
    })
    .toSorted((a, b) => a.day.localeCompare(b.day) || a.number - b.number);
}
