/**
 * How the files of the flight recorder are named. Time, program and reason are in the name, so that a listing tells what there
 * is, and the order is known also from a copy whose file times are gone:
 * `20261121T154012123Z_connector_4711-2_data-silent.jsonl.zst`.
 */
import type { UnixMs } from './time.ts';

/** Below DATA_DIR. */
export const DUMP_FOLDER = 'dumps';

export const dumpPrograms = ['runner', 'connector'] as const;
export type DumpProgram = (typeof dumpPrograms)[number];

export type DumpName = {
  readonly name: string;
  readonly at: UnixMs;
  readonly program: DumpProgram;
  /** In small letters, digits and dashes. */
  readonly reason: string;
};

/** While it is being written it has this at its end. */
export const PARTIAL = '.partial';
const MAX_REASON_LENGTH = 60;

/** `number` counts the dumps of one process. */
export function dumpFileName(
  program: DumpProgram,
  { at, pid, number, reason }: { at: UnixMs; pid: number; number: number; reason: string },
): string {
  const stamp = new Date(at).toISOString().replaceAll(/[-:.]/g, '');
  const ending = program === 'connector' ? '.jsonl.zst' : '.jsonl';
  return `${stamp}_${program}_${pid}-${number}_${slug(reason)}${ending}`;
}

/** What a name says; undefined when it is not of a dump that was written to its end. */
export function readDumpName(name: string): DumpName | undefined {
  const found =
    /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(\d{3})Z_([a-z]+)_\d+-\d+_([a-z0-9-]+)\.jsonl(?:\.zst)?$/.exec(
      name,
    );
  if (found === null) return undefined;
  const [, year, month, day, hour, minute, second, milli, said, reason = ''] = found;
  const at = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}.${milli}Z`);
  const program = dumpPrograms.find((known) => known === said);
  return program === undefined || Number.isNaN(at) ? undefined : { name, at: at as UnixMs, program, reason };
}

/** Also one that a process did not come to finish. */
export function isDumpFile(name: string): boolean {
  return readDumpName(name.endsWith(PARTIAL) ? name.slice(0, -PARTIAL.length) : name) !== undefined;
}

function slug(reason: string): string {
  const plain = reason
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, MAX_REASON_LENGTH)
    .replaceAll(/^-+|-+$/g, '');
  return plain === '' ? 'unnamed' : plain;
}
