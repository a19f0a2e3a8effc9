/**
 * Copies of the project in which a sabotage can be tried: the checkout itself is never touched.
 *
 * A copy holds what git tracks and what it does not ignore, with node_modules linked. Temporary files of its tests are put
 * inside it too, so that whatever a broken program leaves behind, folders and processes, can be told by its place and ended.
 */
import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

export type Copy = {
  /** The copy of the project. */
  readonly root: string;
  /** For TMPDIR. */
  readonly temporary: string;
  /** Ends what still runs in the copy and removes it. */
  readonly remove: () => void;
};

const open = new Set<() => void>();

/** For whoever is interrupted: no copy and no process of one stays behind. */
export function removeAllCopies(): void {
  for (const remove of open) remove();
}

/** Paths of all files that belong to the project, relative to its folder. */
export function projectFiles(root: string): readonly string[] {
  const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '-z'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  // A file that was deleted but not yet committed is still listed, and so is a link to a folder.
  return [...new Set(listed.split('\0'))].filter(
    (file) => file !== '' && statSync(path.join(root, file), { throwIfNoEntry: false })?.isFile() === true,
  );
}

export function copyProject(root: string, files: readonly string[]): Copy {
  // As short as can be: paths of UNIX sockets in it may have 107 characters.
  const folder = mkdtempSync(path.join(tmpdir(), 'tm-'));
  const copy = path.join(folder, 'p');
  const temporary = path.join(folder, 't');
  const remove = (): void => {
    for (const pid of processesIn(folder)) end(pid);
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    open.delete(remove);
  };
  open.add(remove);
  mkdirSync(temporary);
  for (const file of files) cpSync(path.join(root, file), path.join(copy, file));
  symlinkSync(path.join(root, 'node_modules'), path.join(copy, 'node_modules'));
  return { root: copy, temporary, remove };
}

/** Processes that work in a folder, by /proc; where there is none, nothing can be told. */
function processesIn(folder: string): readonly number[] {
  if (!existsSync('/proc/self/cwd')) return [];
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        return `${readlinkSync(`/proc/${name}/cwd`)}/`.startsWith(`${folder}/`);
      } catch {
        return false;
      }
    })
    .map(Number);
}

function end(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}
