/** Rules about the project as a whole: its scripts, its dependencies, its tests, its texts. */
import { importsOf, type SourceFile } from './source-file.ts';

export type PackageJson = {
  readonly scripts?: Readonly<Record<string, string>>;
  readonly [group: string]: unknown;
};

/** `npm run x` waits in a shell that does not pass SIGTERM on: without exec, the program is left behind (DESIGN 6). */
export function scriptBreaches(packageJson: PackageJson): readonly string[] {
  return Object.entries(packageJson.scripts ?? {}).flatMap(([name, command]) => {
    const startsProgram = /(^|\s)(node|tsx|bin\/\S+)(\s|$)/.test(command) && !command.includes('&&');
    if (!startsProgram || command.startsWith('exec ')) return [];
    return [
      `package.json: the script "${name}" must begin with "exec", or SIGTERM leaves its program behind`,
    ];
  });
}

const dependencyGroups = ['dependencies', 'devDependencies', 'optionalDependencies'];

/** Exact versions only: what was tested is what is installed. */
export function versionBreaches(packageJson: PackageJson): readonly string[] {
  return dependencyGroups.flatMap((group) =>
    Object.entries(Object(packageJson[group]) as Readonly<Record<string, unknown>>).flatMap(
      ([name, version]) =>
        /^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/.test(String(version))
          ? []
          : [`package.json: ${group} has ${name} ${String(version)}; write one exact version`],
    ),
  );
}

/** What `npm ci --omit=dev` must be able to run. */
const installed = /^(shared|connector|runner|backtest)\/|^bin\/(command-line\.ts|demo\.ts|towline\.mjs)$/;

/** Programs import at run time only packages that an installation without the development tools has. */
export function dependencyBreaches(file: SourceFile, packageJson: PackageJson): readonly string[] {
  if (!installed.test(file.path)) return [];
  const listed = Object.keys(Object(packageJson['dependencies']) as Readonly<Record<string, unknown>>);
  return importsOf(file)
    .filter(({ typeOnly, specifier }) => !typeOnly && /^(?!node:|\.|#)/.test(specifier))
    .flatMap(({ specifier, line }) => {
      const name = specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
      return listed.includes(name)
        ? []
        : [
            `${file.path}:${line} imports ${specifier}, but ${name} is not among the dependencies of package.json: "npm ci --omit=dev" leaves it out`,
          ];
    });
}

/** A package that nobody imports is a risk for nothing. */
export function unusedDependencyBreaches(
  files: readonly SourceFile[],
  packageJson: PackageJson,
): readonly string[] {
  const specifiers = files
    .filter((file) => installed.test(file.path))
    .flatMap((file) => importsOf(file).map(({ specifier }) => specifier));
  return Object.keys(Object(packageJson['dependencies']) as Readonly<Record<string, unknown>>)
    .filter((name) => !specifiers.some((used) => used === name || used.startsWith(`${name}/`)))
    .map((name) => `package.json: no program imports ${name}; remove it, or make it a devDependency`);
}

/** A test that no run finds is worse than none. `found` is what bin/test.ts runs. */
export function testFileBreaches(
  files: readonly SourceFile[],
  otherPaths: readonly string[],
  found: readonly string[],
): readonly string[] {
  if (found.length === 0) return ['no test file is found at all'];
  const lost = files
    .filter((file) => !found.includes(file.path))
    .filter((file) => /\.(test|spec)\.[a-z]+$/.test(file.path) || definesTests(file))
    .map((file) => file.path);
  const foreign = otherPaths.filter(
    (file) => /\.(test|spec)\.[cm]?[jt]sx?$/.test(file) && !found.includes(file),
  );
  return [...new Set([...lost, ...foreign])].map(
    (file) => `${file} defines tests but is not found by bin/test.ts: name it tests/**/*.test.ts`,
  );
}

function definesTests(file: SourceFile): boolean {
  const definers = ['test', 'it', 'describe', 'suite', '*'];
  return importsOf(file).some(
    (found) =>
      found.specifier === 'node:test' &&
      !found.typeOnly &&
      found.names.some((name) => definers.includes(name)),
  );
}

/** Folders that exist on one machine only. */
const machinePaths = /(?<![\w.~-])(\/(?:home|Users)\/[A-Za-z][\w.-]*|\/root\/|\/work\/|[A-Z]:\\Users\\)/g;

export function machinePathBreaches(file: string, text: string): readonly string[] {
  return [...text.matchAll(machinePaths)].map(
    (match) =>
      `${file}:${text.slice(0, match.index).split('\n').length} names ${match[0]}, a folder of somebody's machine`,
  );
}

/** A market that nobody can bring back proves nothing when a test fails on it: each test names the seed of its exchange. */
export function seedBreaches(file: SourceFile): readonly string[] {
  if (!file.path.endsWith('.test.ts')) return [];
  return [...file.text.matchAll(/\bawait startExchange\(([^)]*)\)/g)]
    .filter(([, options = '']) => !options.includes("'--seed'"))
    .map(
      (match) =>
        `${file.path}:${file.text.slice(0, match.index).split('\n').length} starts an exchange without '--seed': its market cannot be repeated`,
    );
}
