/** The tidy rules can fail: each one is shown a sample that breaks it, and a near miss that does not. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  databaseBreaches,
  dialectBreaches,
  directionBreaches,
  witnessBreaches,
  worldImportBreaches,
} from './architecture-rules.ts';
import { headCommentBreaches, syntaxBreaches, unfinishedBreaches } from './language-rules.ts';
import { linkBreaches } from './link-rules.ts';
import {
  dependencyBreaches,
  machinePathBreaches,
  scriptBreaches,
  seedBreaches,
  testFileBreaches,
  unusedDependencyBreaches,
  versionBreaches,
} from './project-rules.ts';
import { ambientBreaches } from './purity-rules.ts';
import { fileSizeBreaches, functionSizeBreaches } from './size-rules.ts';
import { parseSource, type SourceFile } from './source-file.ts';
import { spreadBreaches } from './spread-rules.ts';

type Rule = (file: SourceFile) => readonly string[];

function breaks(rule: Rule, file: string, text: string, sentence: RegExp): void {
  const breaches = rule(parseSource(file, text));
  assert.equal(breaches.length, 1, `${text}\n${breaches.join('\n')}`);
  assert.match(breaches[0] ?? '', sentence);
}

function keeps(rule: Rule, file: string, text: string): void {
  assert.deepEqual(rule(parseSource(file, text)), [], text);
}

describe('direction', () => {
  it('the runner may not import the connector, in any form', () => {
    for (const text of [
      "import { a } from '../connector/a.ts';",
      "import type { A } from '../connector/a.ts';",
      "export { a } from '../connector/a.ts';",
      "export * from '../connector/a.ts';",
      "const a = await import('../connector/a.ts');",
    ]) {
      breaks(directionBreaches, 'runner/a.ts', text, /runner\/a\.ts:1 imports connector\/a\.ts/);
    }
  });

  it('shared may import nobody, and nobody may import tests', () => {
    breaks(
      directionBreaches,
      'shared/io/a.ts',
      "import { a } from '../../runner/a.ts';",
      /shared may import only/,
    );
    breaks(directionBreaches, 'connector/a.ts', "import { a } from '../tests/a.ts';", /imports tests\/a\.ts/);
    keeps(
      directionBreaches,
      'runner/a.ts',
      "import { a } from '../shared/a.ts'; import b from 'zod'; import './b.ts';",
    );
    keeps(directionBreaches, 'tests/a.ts', "import { a } from '../runner/a.ts';");
  });

  it('a backtest joins the runner and the store of history, and nobody builds on it', () => {
    keeps(
      directionBreaches,
      'backtest/io/a.ts',
      "import { a } from '../../runner/app.ts'; import { b } from '../../connector/history/io/b.ts';",
    );
    breaks(
      directionBreaches,
      'backtest/a.ts',
      "import { a } from '../connector/bybit/a.ts';",
      /may import only connector\/history\//,
    );
    breaks(directionBreaches, 'backtest/a.ts', "import { a } from '../tests/a.ts';", /imports tests\/a\.ts/);
    breaks(
      directionBreaches,
      'runner/a.ts',
      "import { a } from '../backtest/a.ts';",
      /runner may import only/,
    );
    breaks(worldImportBreaches, 'backtest/a.ts', "import { a } from 'node:fs';", /rule 2/);
  });

  it('the simulated exchange and the dialect share nothing', () => {
    breaks(
      witnessBreaches,
      'connector/exchange/a.ts',
      "import { a } from '../bybit/topics.ts';",
      /must not share code/,
    );
    breaks(
      witnessBreaches,
      'connector/session/a.ts',
      "import { a } from '../exchange/b.ts';",
      /must not share code/,
    );
    keeps(
      witnessBreaches,
      'connector/exchange/a.ts',
      "import { a } from './b.ts'; import { c } from '../../shared/c.ts';",
    );
  });
});

describe('the world', () => {
  it('is not imported by pure files', () => {
    for (const name of [
      'node:fs',
      'node:net',
      'node:child_process',
      'node:worker_threads',
      'ws',
      'execa',
      'undici',
      'fastify',
    ]) {
      breaks(
        worldImportBreaches,
        'runner/a.ts',
        `import { x } from '${name}';`,
        new RegExp(`imports ${name}`),
      );
      keeps(worldImportBreaches, 'runner/a.ts', `import type { X } from '${name}';`);
      keeps(worldImportBreaches, 'runner/io/a.ts', `import { x } from '${name}';`);
      keeps(worldImportBreaches, 'runner/main.ts', `import { x } from '${name}';`);
    }
  });

  it('is not reached through an edge either', () => {
    breaks(worldImportBreaches, 'runner/a.ts', "import { x } from './io/b.ts';", /touches the world/);
    breaks(worldImportBreaches, 'shared/a.ts', "export { x } from './io/b.ts';", /touches the world/);
    keeps(worldImportBreaches, 'runner/a.ts', "import type { X } from './io/b.ts';");
  });

  it('of crypto only what is not random is pure', () => {
    breaks(worldImportBreaches, 'shared/a.ts', "import { randomUUID } from 'node:crypto';", /random/);
    keeps(
      worldImportBreaches,
      'shared/a.ts',
      "import { createHash } from 'node:crypto'; import path from 'node:path';",
    );
    keeps(worldImportBreaches, 'runner/a.ts', "import { isIP } from 'node:net';");
  });
});

describe('ambient state', () => {
  for (const text of [
    'const now = Date.now();',
    'const now = new Date();',
    'const now = Date();',
    'const dice = Math.random();',
    'const dice = crypto.randomUUID();',
    'const now = performance.now();',
    'setTimeout(() => 1, 5);',
    'const timer = setInterval;',
    'f({ setImmediate });',
    "const home = process.env['HOME'];",
    'process.exit(1);',
    "const answer = await fetch('https://example.com');",
    "const socket = new WebSocket('wss://example.com');",
    'globalThis.setTimeout(() => 1, 5);',
  ]) {
    it(`${text} is no business of pure code`, () => {
      breaks(ambientBreaches, 'shared/a.ts', text, /^shared\/a\.ts:1 uses /);
      keeps(ambientBreaches, 'shared/io/a.ts', text);
    });
  }

  it('what only looks like it is left alone', () => {
    for (const text of [
      'const at = new Date(5); const ms = Date.parse("2026-01-01");',
      'const least = Math.min(1, 2);',
      'type T = { process: string; fetch: () => void };',
      'function f(setTimeout: () => void) { setTimeout(); }',
      'const { process } = ports; process.kill();',
      'ports.setTimeout(); const o = { process: 1 }; o.process;',
      '// Date.now() and Math.random() in a comment',
      "const text = 'Date.now()';",
    ]) {
      keeps(ambientBreaches, 'runner/a.ts', text);
    }
  });
});

describe('the dialect', () => {
  it('does not leave its folders', () => {
    for (const text of [
      'const q = row.execQty;',
      "const t = 'publicTrade.BTCUSDT';",
      'const b = `orderbook.$' + '{depth}`;',
      'if (answer.retCode) f();',
      'f(m.ret_msg);',
    ]) {
      breaks(dialectBreaches, 'runner/context/a.ts', text, /a word of Bybit's/);
      breaks(dialectBreaches, 'connector/session/a.ts', text, /rule 4/);
      keeps(dialectBreaches, 'connector/bybit/a.ts', text);
      keeps(dialectBreaches, 'connector/exchange/io/a.ts', text);
    }
  });

  it('may be spoken of in comments, and resembling words are free', () => {
    keeps(
      dialectBreaches,
      'runner/a.ts',
      "// an execQty of Bybit's\nconst orderbook = { levels: 1 }; orderbook.levels;",
    );
  });
});

describe('databases', () => {
  it('are opened in worker files only, which nobody imports', () => {
    breaks(databaseBreaches, 'runner/io/store.ts', "import Database from 'better-sqlite3';", /worker/);
    breaks(databaseBreaches, 'runner/io/store.ts', "import { x } from './store-worker.ts';", /new Worker/);
    keeps(databaseBreaches, 'runner/io/store-worker.ts', "import Database from 'better-sqlite3';");
    keeps(
      databaseBreaches,
      'runner/io/store.ts',
      "import type { X } from './store-worker.ts'; import type { Database } from 'better-sqlite3';",
    );
  });

  it('of history are opened by the history child alone', () => {
    for (const file of ['runner/history/io/a.ts', 'runner/io/a-worker.ts', 'connector/io/a.ts'])
      breaks(
        databaseBreaches,
        file,
        "import { x } from '@duckdb/node-api';",
        /only connector\/history\/io\//,
      );
    keeps(databaseBreaches, 'connector/history/io/a.ts', "import { x } from '@duckdb/node-api';");
  });
});

describe('sizes', () => {
  const lines = (count: number, line: string): string => Array.from({ length: count }, () => line).join('\n');

  it('a file of 301 lines is too long, one of 300 is not; tests may have 500', () => {
    breaks(fileSizeBreaches, 'runner/a.ts', `${lines(301, '// x')}\n`, /301 lines/);
    keeps(fileSizeBreaches, 'runner/a.ts', `${lines(300, '// x')}\n`);
    keeps(fileSizeBreaches, 'tests/a.test.ts', lines(500, '// x'));
    breaks(fileSizeBreaches, 'tests/a.test.ts', lines(501, '// x'), /501 lines/);
  });

  it('a function of 71 lines is too long, whatever its form; strings and comments with braces do not fool it', () => {
    const body = (count: number): string => lines(count, "  f('}'); // }");
    breaks(
      functionSizeBreaches,
      'runner/a.ts',
      `function long() {\n${body(69)}\n}`,
      /runner\/a\.ts:1 long has 71 lines/,
    );
    breaks(functionSizeBreaches, 'runner/a.ts', `const long = () => {\n${body(69)}\n};`, /long has 71/);
    breaks(functionSizeBreaches, 'runner/a.ts', `class A {\n  #long() {\n${body(69)}\n}\n}`, /2 long has 71/);
    keeps(functionSizeBreaches, 'runner/a.ts', `function f() {\n${body(68)}\n}`);
    keeps(functionSizeBreaches, 'tests/a.ts', `function f() {\n${body(200)}\n}`);
  });
});

describe('language', () => {
  it('default exports, any and the non-null mark are told', () => {
    breaks(syntaxBreaches, 'bin/a.ts', 'export default 1;', /default export/);
    breaks(syntaxBreaches, 'bin/a.ts', 'const a: any = 1;', /uses any/);
    breaks(syntaxBreaches, 'bin/a.ts', 'f(a!.b);', /non-null/);
    keeps(syntaxBreaches, 'bin/a.ts', "export const any = !a; const b = 'any';");
  });

  it('notes of unfinished work are told', () => {
    breaks(unfinishedBreaches, 'bin/a.ts', `// ${'TO'}DO: later`, /finish it/);
    breaks(unfinishedBreaches, 'bin/a.ts', `const a = '${'FIX'}ME';`, /finish it/);
    keeps(unfinishedBreaches, 'bin/a.ts', '// we know what to do; mastodon');
  });

  it('a file of the program begins with a comment', () => {
    breaks(headCommentBreaches, 'runner/a.ts', 'const a = 1;', /does not begin/);
    keeps(headCommentBreaches, 'runner/a.ts', '#!/usr/bin/env node\n/** Why. */\nconst a = 1;');
    keeps(headCommentBreaches, 'tests/a.test.ts', 'const a = 1;');
  });
});

describe('the project', () => {
  it('scripts that start programs begin with exec', () => {
    const scripts = {
      start: 'node x.ts',
      dev: 'tsx watch x.ts',
      good: 'exec node x.ts',
      check: 'tsc && node x.ts',
      lint: 'biome ci .',
    };
    assert.deepEqual(
      scriptBreaches({ scripts }).map((text) => text.split('"')[1]),
      ['start', 'dev'],
    );
  });

  it('versions are exact', () => {
    const dependencies = {
      a: '1.2.3',
      b: '^1.2.3',
      c: '~1.0.0',
      d: '*',
      e: '1.x',
      f: 'latest',
      g: '1.0.0-beta.1',
    };
    assert.equal(versionBreaches({ dependencies }).length, 5);
    assert.equal(
      versionBreaches({ devDependencies: { z: '>=1' }, optionalDependencies: { y: '1.2' } }).length,
      2,
    );
  });

  it('packages of development are told where programs import them', () => {
    const packageJson = {
      dependencies: { ws: '1.0.0', '@a/b': '1.0.0', idle: '1.0.0' },
      devDependencies: { tsx: '1.0.0' },
    };
    const told = (path: string, text: string) => dependencyBreaches(parseSource(path, text), packageJson);
    for (const text of ["import 'tsx';", "await import('tsx/esm');", "export { x } from '@a/c';"])
      assert.equal(told('runner/a.ts', text).length, 1, text);
    assert.match(
      told('bin/demo.ts', "\nimport x from 'tsx';")[0] ?? '',
      /^bin\/demo\.ts:2 imports tsx, but tsx is not/,
    );
    for (const text of [
      "import 'ws'; import '@a/b/c'; import './tsx.ts'; import 'node:fs';",
      "import type { x } from 'tsx'; export type { y } from 'tsx';",
    ])
      assert.deepEqual(told('shared/a.ts', text), [], text);
    assert.deepEqual(told('bin/test.ts', "import 'tsx';"), []);
    const files = [
      parseSource('runner/a.ts', "import 'ws'; import '@a/b/c';"),
      parseSource('tests/a.ts', "import 'idle';"),
    ];
    assert.deepEqual(
      unusedDependencyBreaches(files, packageJson).map((text) => text.split(' ')[4]),
      ['idle;'],
    );
  });

  it('tests that no run finds are told', () => {
    const file = (name: string, text: string): SourceFile => parseSource(name, text);
    const found = ['tests/a.test.ts'];
    const sources = [
      file('tests/a.test.ts', "import { it } from 'node:test';"),
      file('tests/forgotten.ts', "import { it } from 'node:test';"),
      file('tests/helper.ts', "import { mock } from 'node:test'; import type { it } from 'node:test';"),
      file('runner/b.test.ts', ''),
    ];
    const breaches = testFileBreaches(sources, ['tests/c.test.mjs', 'tests/d.json'], found);
    assert.deepEqual(
      breaches.map((text) => text.split(' ')[0]),
      ['tests/forgotten.ts', 'runner/b.test.ts', 'tests/c.test.mjs'],
    );
    assert.deepEqual(testFileBreaches([], [], []), ['no test file is found at all']);
  });

  it('folders of a machine are told', () => {
    const slash = '/';
    for (const text of [
      `${slash}home/somebody/x`,
      `see ${slash}Users/me`,
      `(${slash}work/main)`,
      `${slash}root/.npmrc`,
      'C:' + '\\Users\\me',
    ]) {
      assert.equal(machinePathBreaches('docs/a.md', `first\n${text}`).length, 1, text);
      assert.match(machinePathBreaches('docs/a.md', `first\n${text}`)[0] ?? '', /^docs\/a\.md:2 /);
    }
    for (const text of [
      '/var/lib/towline',
      'https://example.com/home/x',
      './work/x',
      'node:fs/work/',
      '/homepage',
    ]) {
      assert.deepEqual(machinePathBreaches('docs/a.md', text), [], text);
    }
  });

  it('links that lead nowhere are told, wherever they stand', () => {
    const page = [
      '# A page, with `code`!',
      '[dead](b.md) and [alive](../README.md) and [abroad](https://example.com/x.md)',
      '```md',
      '[no link](gone.md)',
      '# No heading',
      '```',
      '`[no link](gone.md)` [here](#a-page-with-code) [nowhere](#no-heading)',
      '[a part](../README.md#the-tree) [no part](../README.md#the-roots) [a folder](adr/)',
    ].join('\n');
    const texts: Readonly<Record<string, string>> = {
      'docs/a.md': page,
      'README.md': '## The tree\n',
      'docs/adr/': '',
    };
    const pages = {
      exists: (file: string) => Object.hasOwn(texts, file),
      read: (file: string) => texts[file] ?? '',
    };
    assert.deepEqual(linkBreaches('docs/a.md', pages), [
      'docs/a.md:2 links to b.md, but there is no docs/b.md',
      'docs/a.md:7 links to #no-heading, but docs/a.md has no such heading',
      'docs/a.md:8 links to ../README.md#the-roots, but README.md has no such heading',
    ]);
  });

  it('exchanges without a seed are told', () => {
    const start = 'const exchange = await start' + 'Exchange';
    breaks(
      seedBreaches,
      'tests/a.test.ts',
      `${start}('--rate', '5');`,
      /a\.test\.ts:1 starts an exchange without/,
    );
    keeps(seedBreaches, 'tests/a.test.ts', `${start}('--rate', '5', '--seed', 'a');`);
  });
});

describe('copies of events', () => {
  it('an event that may be cut out of a frame is not copied', () => {
    for (const text of [
      "function f(trade: TradeEvent) { return { ...trade, origin: 'healed' }; }",
      'class A { #base: DepthEvent | undefined; f() { const base = this.#base; return { ...base }; } }',
      'class A { last: DepthEvent | undefined; f() { return { ...this.last }; } }',
      'const f = (event: UnnumberedEvent) => structuredClone(event);',
      'const f = (trade: TradeEvent) => Object.assign({}, trade);',
    ])
      breaks(spreadBreaches, 'connector/a.ts', text, /copies .* cut out of a frame/);
  });

  it('other values are, and what is only called alike', () => {
    for (const text of [
      'function f(gap: GapEvent) { return { ...gap }; }',
      'function f(trades: readonly TradeEvent[]) { return [...trades]; }',
      'function f(event: DepthEvent) { return (event: GapEvent) => ({ ...event }); }',
      'class A { #head: Omit<DepthEvent, "bids"> | undefined; f() { const head = this.#head; return { ...head }; } }',
    ])
      keeps(spreadBreaches, 'connector/a.ts', text);
    keeps(spreadBreaches, 'runner/a.ts', 'const f = (trade: TradeEvent) => ({ ...trade });');
  });
});
