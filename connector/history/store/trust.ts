/**
 * May a Parquet file be used? Only with a manifest that fits: of this network, market, symbol and day, and with the length and
 * digest of the file that is there. Everything else is made anew, since nobody knows what it holds.
 *
 * Two manifests may fit: the one in place, and the next one, which a process that was killed between two renames left. Whichever
 * fits is the file's. If neither does, the file is not trusted.
 */
import { type Manifest, readManifest } from './manifest.ts';
import type { DayKey } from './paths.ts';

export type FileFacts = { readonly bytes: number; readonly sha256: string };

export type Trust =
  | { readonly kind: 'trusted'; readonly manifest: Manifest; readonly isNext: boolean }
  | { readonly kind: 'absent' }
  | { readonly kind: 'untrusted'; readonly reason: string };

/** `file` is undefined when there is none; a manifest that is not there is undefined. */
export function judgeTrust(
  key: DayKey,
  file: FileFacts | undefined,
  manifest: string | undefined,
  nextManifest: string | undefined,
): Trust {
  if (file === undefined) return { kind: 'absent' };
  const inPlace = fit(key, file, manifest);
  if (typeof inPlace !== 'string') return { kind: 'trusted', manifest: inPlace, isNext: false };
  const next = nextManifest === undefined ? inPlace : fit(key, file, nextManifest);
  if (typeof next !== 'string') return { kind: 'trusted', manifest: next, isNext: true };
  return { kind: 'untrusted', reason: inPlace };
}

/** The manifest, or why it does not fit. */
function fit(key: DayKey, file: FileFacts, text: string | undefined): Manifest | string {
  if (text === undefined) return 'it has no manifest';
  const read = readManifest(text);
  if (!read.ok) return `its manifest cannot be read: ${read.failure}`;
  const manifest = read.value;
  for (const field of ['environment', 'category', 'symbol', 'date'] as const)
    if (manifest[field] !== key[field])
      return `its manifest is of ${field} ${manifest[field]}, not ${key[field]}`;
  if (manifest.bytes !== file.bytes) return `it has ${file.bytes} bytes, its manifest says ${manifest.bytes}`;
  if (manifest.sha256 !== file.sha256) return 'its SHA-256 is not the one in its manifest';
  return manifest;
}
