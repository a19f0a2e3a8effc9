/**
 * Which test files may share one process: those of pure code, which start nothing and change nothing of their process. Of some 250
 * files each start costs as much as the tests in it.
 */

/** Below these folders code is pure, but for what is in a folder `io`. */
const pureFolders = ['tests/shared/', 'tests/connector/', 'tests/runner/'];

/** What a file of its own process does: it starts programs or threads, changes what all of a process share, or measures its memory. */
const needsOwn =
  /helpers\/(processes|raced-runner|recordings|memory|kept)\.ts|node:child_process|node:worker_threads|'execa'|process\.(exit|exitCode|on|kill|chdir|env)\b|\bmock\.|\bgc\(|memoryUsage|@duckdb|history\/io\/|skip-in-company/;

/** Fewer than this are not worth a process of their own. */
const LEAST_TOGETHER = 20;

/** Minutes of computing under virtual time: nothing in these files depends on how soon it is done. */
const patientFolders = ['tests/simulation/'];

export type TestGroups = {
  /** One process with what the processors have left over, beside all the others. */
  readonly beside: readonly string[];
  /** Lists of files that share a process each, at most `processes` of them. */
  readonly together: readonly (readonly string[])[];
  /** A process each. */
  readonly apart: readonly string[];
};

export function groupTests(
  files: readonly string[],
  textOf: (file: string) => string,
  processes: number,
): TestGroups {
  const beside = files.filter((file) => isIn(patientFolders, file) && hasTests(textOf(file)));
  const others = files.filter((file) => !beside.includes(file));
  const pure = others.filter((file) => isPure(file, textOf(file)));
  if (pure.length < LEAST_TOGETHER) return { beside, together: [], apart: others };
  // In turn, so that neighbours, which take alike, are spread.
  const together = Array.from({ length: processes }, (_, place) =>
    pure.filter((_file, index) => index % processes === place),
  );
  const chosen = new Set(pure);
  return { beside, together, apart: others.filter((file) => !chosen.has(file)) };
}

function isPure(file: string, text: string): boolean {
  if (!isIn(pureFolders, file) || file.includes('/io/')) return false;
  return !needsOwn.test(text) && hasTests(text);
}

function isIn(folders: readonly string[], file: string): boolean {
  return folders.some((folder) => file.startsWith(folder));
}

/** A file without tests would go unnoticed in company. */
function hasTests(text: string): boolean {
  return /^\s*(test|it|describe)\(/m.test(text);
}
