/** Looks at this machine: which Node runs, who holds a port or the data folder, how much room there is. */
import {
  accessSync,
  constants,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statfsSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { findPortHolder } from '../../io/port-holder.ts';
import type { FolderProbe, Holder, NodeInfo, PortProbe } from '../local-checks.ts';

export function probeNode(root: string): NodeInfo {
  const file = process.execPath;
  return {
    version: process.versions.node,
    file,
    isBundled: file.startsWith(path.join(root, 'node_modules')),
  };
}

/** Tries to listen where the API would, and stops at once. */
export async function probePort(host: string, port: number): Promise<PortProbe> {
  const { promise, resolve } = Promise.withResolvers<PortProbe>();
  const server = createServer();
  server.on('error', (error) => {
    const code = 'code' in error ? String(error.code) : error.message;
    resolve(
      code === 'EADDRINUSE' ? { kind: 'taken', holder: findPortHolder(port) } : { kind: 'refused', code },
    );
  });
  server.listen(port, host, () => server.close(() => resolve({ kind: 'free' })));
  return await promise;
}

/** Writes and removes a file in the folder. A folder that is not there yet is judged by the nearest one that is. */
export function probeFolder(folder: string): FolderProbe {
  const nearest = nearestFolder(folder);
  return {
    unwritable: nearest === folder ? whyUnwritable(folder) : whyNotMakeable(nearest),
    freeBytes: freeBytes(nearest),
    holder: findLockHolder(folder),
  };
}

/** Undefined: it is not there, or cannot be read. */
export function probeText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

/** True when other users may read the file. */
export function isReadableByOthers(file: string): boolean {
  const mode = statSync(file, { throwIfNoEntry: false })?.mode;
  return mode !== undefined && (mode & 0o004) !== 0;
}

function nearestFolder(folder: string): string {
  let candidate = folder;
  while (statSync(candidate, { throwIfNoEntry: false }) === undefined) {
    const above = path.dirname(candidate);
    if (above === candidate) return candidate;
    candidate = above;
  }
  return candidate;
}

function whyUnwritable(folder: string): string | undefined {
  const file = path.join(folder, `.doctor-${process.pid}`);
  try {
    mkdirSync(folder, { recursive: true });
    writeFileSync(file, 'x');
    rmSync(file);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function whyNotMakeable(nearest: string): string | undefined {
  if (statSync(nearest, { throwIfNoEntry: false })?.isDirectory() !== true)
    return `${nearest} is not a folder`;
  try {
    accessSync(nearest, constants.W_OK | constants.X_OK);
    return undefined;
  } catch {
    return `it does not exist, and nothing may be made in ${nearest}`;
  }
}

function freeBytes(folder: string): number | undefined {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize;
  } catch {
    return undefined;
  }
}

/** A process (not we) that has a file of this folder open with a lock on it, told by Linux in /proc/locks. */
function findLockHolder(folder: string): Holder | undefined {
  const inodes = new Set(
    namesIn(folder).map((name) => String(statSync(path.join(folder, name), { throwIfNoEntry: false })?.ino)),
  );
  for (const row of textOf('/proc/locks').split('\n')) {
    const [, , , , pid, place = ''] = row.trim().split(/\s+/);
    const inode = place.split(':')[2];
    if (inode === undefined || !inodes.has(inode) || Number(pid) === process.pid) continue;
    if (hasOpen(pid ?? '', folder)) return { pid: Number(pid), command: commandOf(pid ?? '') };
  }
  return undefined;
}

/** Inodes are unique in one file system only, so the process must have a file of the very folder open. */
function hasOpen(pid: string, folder: string): boolean {
  return namesIn(`/proc/${pid}/fd`).some((fd) => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${fd}`).startsWith(folder + path.sep);
    } catch {
      return false;
    }
  });
}

function commandOf(pid: string): string {
  return textOf(`/proc/${pid}/cmdline`).split('\0').filter(Boolean).join(' ').slice(0, 200);
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function textOf(file: string): string {
  return probeText(file) ?? '';
}
