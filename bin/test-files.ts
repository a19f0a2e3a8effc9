/** Which files are tests: every `*.test.ts` below `tests/`, sorted, so that a run is the same everywhere. */
import { readdirSync } from 'node:fs';
import path from 'node:path';

/** Paths relative to `root`, with slashes. `filters` keep the paths that contain one of them; none keeps all. */
export function findTestFiles(root: string, filters: readonly string[]): readonly string[] {
  return filesBelow(root, 'tests')
    .filter((file) => file.endsWith('.test.ts'))
    .filter((file) => filters.length === 0 || filters.some((filter) => file.includes(filter)))
    .toSorted();
}

/** All files below a folder; nothing when there is no such folder. */
function filesBelow(root: string, folder: string): readonly string[] {
  try {
    return readdirSync(path.join(root, folder), { withFileTypes: true, recursive: true })
      .filter((entry) => entry.isFile())
      .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)).split(path.sep).join('/'));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}
