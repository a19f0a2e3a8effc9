/** One file as the only member of a zip, as numpy and hftbacktest expect an array called `data`. */
import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { ZipFile } from 'yazl';

/** The name of the member: key `data`. hftbacktest looks for this one and no other. */
const MEMBER = 'data.npy';
/** A zip tells when its members were changed. Always the same moment, so that the same rows make the same file. */
const MOMENT = { mtime: new Date(1980, 0, 1), forceDosTimestamp: true };

/** Packs a .npy file into a new .npz file; read and written in parts. */
export async function packNpz(npy: string, npz: string): Promise<void> {
  const zip = new ZipFile();
  const out = createWriteStream(npz, { flags: 'wx' });
  zip.once('error', (error: Error) => out.destroy(error));
  zip.addFile(npy, MEMBER, { compress: true, ...MOMENT });
  zip.end();
  await pipeline(zip.outputStream, out);
}
