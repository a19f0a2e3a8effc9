/** The rules of DESIGN sections 1 and 6 as tests: each breach is one plain sentence. Their self-tests are in tests/tidy/. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { findTestFiles } from '../bin/test-files.ts';
import {
  databaseBreaches,
  dialectBreaches,
  directionBreaches,
  witnessBreaches,
  worldImportBreaches,
} from './tidy/architecture-rules.ts';
import { headCommentBreaches, syntaxBreaches, unfinishedBreaches } from './tidy/language-rules.ts';
import { linkBreaches } from './tidy/link-rules.ts';
import {
  dependencyBreaches,
  machinePathBreaches,
  type PackageJson,
  scriptBreaches,
  seedBreaches,
  testFileBreaches,
  unusedDependencyBreaches,
  versionBreaches,
} from './tidy/project-rules.ts';
import { ambientBreaches } from './tidy/purity-rules.ts';
import { fileSizeBreaches, functionSizeBreaches } from './tidy/size-rules.ts';
import { filesBelow, parseSource, readSources, type SourceFile } from './tidy/source-file.ts';
import { spreadBreaches } from './tidy/spread-rules.ts';

const root = path.resolve(import.meta.dirname, '..');
const sources = readSources(root);
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');
const packageJson = JSON.parse(read('package.json')) as PackageJson;

const rules: Readonly<Record<string, (file: SourceFile) => readonly string[]>> = {
  'imports follow the direction: shared <- connector, shared <- runner, and a backtest joins the two':
    directionBreaches,
  'the simulated exchange shares no code with the dialect': witnessBreaches,
  'modules that touch the world are imported in io/ and main.ts only': worldImportBreaches,
  'pure code uses no ambient time, randomness, timer or process': ambientBreaches,
  "Bybit's words stay in connector/bybit and connector/exchange": dialectBreaches,
  'databases are opened in worker files only': databaseBreaches,
  'no event that may be cut out of a frame is copied by spread': spreadBreaches,
  'no file is longer than its limit': fileSizeBreaches,
  'no function has more than 70 lines': functionSizeBreaches,
  'no default export, no any, no non-null "!"': syntaxBreaches,
  'nothing is marked as unfinished': unfinishedBreaches,
  'every file of the program begins by saying what it is for': headCommentBreaches,
  'a test that starts an exchange names its seed': seedBreaches,
};

describe('the source', () => {
  it('is there: the rules see files of every layer', () => {
    for (const layer of ['shared/', 'connector/', 'runner/', 'backtest/', 'tests/', 'bin/']) {
      assert.ok(
        sources.some((file) => file.path.startsWith(layer)),
        layer,
      );
    }
  });

  for (const [title, rule] of Object.entries(rules)) {
    it(title, () => assertNone(sources.flatMap(rule)));
  }

  it("names no folder of somebody's machine", () => {
    const folders = [
      'shared',
      'connector',
      'runner',
      'backtest',
      'tests',
      'bin',
      'bench',
      'examples',
      'docs',
      'config',
      '.ci',
    ];
    const top = ['README.md', 'CHANGELOG.md', '.env.example', 'package.json', 'tsconfig.json'];
    const files = [
      ...folders.flatMap((folder) => filesBelow(root, folder)),
      ...top.filter((file) => existsSync(path.join(root, file))),
    ];
    const texts = files.filter((file) =>
      /\.(ts|mts|mjs|js|json|jsonl|md|html|css|svg|service|txt|sh)$|^\.|run$/.test(file),
    );
    assert.ok(texts.length > 20);
    assertNone(texts.flatMap((file) => machinePathBreaches(file, read(file))));
  });
});

describe('the project', () => {
  it('has pages whose links lead somewhere', () => {
    const top = ['README.md', 'CHANGELOG.md'];
    const folders = ['docs', 'config', 'examples', 'bench', 'tests'];
    const pages = [...top, ...folders.flatMap((folder) => filesBelow(root, folder))].filter((file) =>
      file.endsWith('.md'),
    );
    assert.ok(pages.length > 10);
    const exists = (file: string): boolean => existsSync(path.join(root, file));
    assertNone(pages.flatMap((page) => linkBreaches(page, { exists, read })));
  });
  it('has scripts that pass SIGTERM on', () => assertNone(scriptBreaches(packageJson)));
  it('pins every dependency to one version', () => assertNone(versionBreaches(packageJson)));
  it('runs without its development tools, and needs every package that it installs', () => {
    const guard = parseSource('bin/towline.mjs', read('bin/towline.mjs'));
    const files = [...sources, guard];
    assertNone(files.flatMap((file) => dependencyBreaches(file, packageJson)));
    assertNone(unusedDependencyBreaches(files, packageJson));
  });
  it('runs every test there is, and there are some', () => {
    const others = ['shared', 'connector', 'runner', 'backtest', 'tests', 'bin', 'bench', 'examples'].flatMap(
      (folder) => filesBelow(root, folder),
    );
    assertNone(testFileBreaches(sources, others, findTestFiles(root, [])));
  });
});

function assertNone(breaches: readonly string[]): void {
  assert.equal(breaches.length, 0, `\n${breaches.map((breach) => `  - ${breach}`).join('\n')}`);
}
