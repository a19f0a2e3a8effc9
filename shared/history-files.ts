/** Where stored history lies, as far as two programs need to know it: a folder for each symbol, and the result of a comparison in it. */
import path from 'node:path';
import type { Environment, Instrument } from './market.ts';

/** @param root - BACKFILL_CACHE_DIR */
export function historyFolder(
  root: string,
  environment: Environment,
  { category, symbol }: Instrument,
): string {
  return path.join(root, environment, category, symbol);
}

/** Of a recording with the archive, of one UTC day: JSON as `verification` of shared/events/history-events.ts. */
export function verificationName(date: string): string {
  return `verification_${date}.json`;
}

/** The day that a file of this name is about; undefined when it is no result of a comparison. */
export function dateOfVerification(name: string): string | undefined {
  return /^verification_(\d{4}-\d\d-\d\d)\.json$/.exec(name)?.[1];
}
