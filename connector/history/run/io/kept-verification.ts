/** The result of a comparison of a recording with the archive, beside the manifest of its day: `verification_2026-08-01.json`. */
import { mkdir, rename } from 'node:fs/promises';
import path from 'node:path';
import { type VerificationEvent, verificationSchema } from '../../../../shared/events/history-events.ts';
import { dateOfVerification, verificationName } from '../../../../shared/history-files.ts';
import { namesIn } from '../../io/day-file.ts';
import { removeQuietly, textOf, writeSynced } from '../../io/durable.ts';
import { type DayKey, type FolderKey, symbolFolder } from '../../store/paths.ts';
import type { TradeRow, Verification } from '../../store/verification.ts';

export function isVerificationFile(name: string): boolean {
  return dateOfVerification(name.replace(/\.next$/, '')) !== undefined;
}

export function verificationFile(root: string, key: DayKey): string {
  return path.join(symbolFolder(root, key), verificationName(key.date));
}

export function verificationEvent(
  { category, symbol, date }: DayKey,
  found: Verification,
  at: number,
): VerificationEvent {
  const { missing_rows, extra_rows, ...counts } = found;
  return {
    type: 'verification',
    ...{ category, symbol, date },
    ...counts,
    missing_rows: missing_rows.slice(0, 100).map(rowOf),
    extra_rows: extra_rows.slice(0, 100).map(rowOf),
    at,
  };
}

function rowOf({ timestamp, id, price, qty, side }: TradeRow): VerificationEvent['missing_rows'][number] {
  return { timestamp, id, price, qty, side };
}

export async function keepVerification(root: string, key: DayKey, event: VerificationEvent): Promise<void> {
  const file = verificationFile(root, key);
  await mkdir(path.dirname(file), { recursive: true });
  await writeSynced(`${file}.next`, `${JSON.stringify(event, null, 2)}\n`);
  await rename(`${file}.next`, file);
}

/** Undefined when there is none that can be read. */
export async function keptVerification(root: string, key: DayKey): Promise<VerificationEvent | undefined> {
  const text = await textOf(verificationFile(root, key));
  try {
    return verificationSchema.safeParse(JSON.parse(text ?? '')).data;
  } catch {
    return undefined;
  }
}

/** Those of days before one. */
export async function removeVerifications(root: string, key: FolderKey, before: string): Promise<void> {
  const folder = symbolFolder(root, key);
  for (const name of await namesIn(folder))
    if ((dateOfVerification(name) ?? before) < before) await removeQuietly(path.join(folder, name));
}
