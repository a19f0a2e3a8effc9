/** Comparisons of our recordings with the archive, as history keeps them beside the stored days. Read when somebody asks. */
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { type VerificationEvent, verificationSchema } from '../../../shared/events/history-events.ts';
import { dateOfVerification, historyFolder } from '../../../shared/history-files.ts';
import type { Environment, Instrument } from '../../../shared/market.ts';

/** Of all these instruments together, the newest days first; what cannot be read is left out. */
export async function keptVerifications(
  root: string,
  environment: Environment,
  instruments: readonly Instrument[],
  limit: number,
): Promise<readonly VerificationEvent[]> {
  const found: { readonly date: string; readonly file: string }[] = [];
  for (const instrument of instruments) {
    const folder = historyFolder(root, environment, instrument);
    for (const name of await readdir(folder).catch(() => [])) {
      const date = dateOfVerification(name);
      if (date !== undefined) found.push({ date, file: path.join(folder, name) });
    }
  }
  const newest = found.toSorted((one, other) => (one.date < other.date ? 1 : -1)).slice(0, limit);
  const read = await Promise.all(newest.map(({ file }) => verificationIn(file)));
  return read.filter((one) => one !== undefined);
}

async function verificationIn(file: string): Promise<VerificationEvent | undefined> {
  try {
    return verificationSchema.safeParse(JSON.parse(await readFile(file, 'utf8'))).data;
  } catch {
    return undefined;
  }
}
