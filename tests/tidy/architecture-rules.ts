/** DESIGN section 1, rules 1 to 4, and the databases of section 6: each answers plain sentences, one for each breach. */
import { type Import, importsOf, lineAt, type SourceFile, withoutComments } from './source-file.ts';

/** Who may import whom. Folders that are not named here (tests, bin, bench, examples) may import everything. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  shared: ['shared'],
  connector: ['shared', 'connector'],
  runner: ['shared', 'runner'],
  // It plays stored history into a runner, in one process: the one place where the two halves meet other than in lines.
  backtest: ['shared', 'connector', 'runner', 'backtest', 'bin'],
};

/** Of the other half a backtest needs the store alone: with the exchange it has nothing to do. */
const connectorForBacktest = 'connector/history/';

/** Rule 1: shared <- connector, shared <- runner; the two meet only in lines on stdio. */
export function directionBreaches(file: SourceFile): readonly string[] {
  const layer = file.path.split('/')[0] ?? '';
  const allowed = mayImport[layer];
  if (allowed === undefined) return [];
  return importsOf(file).flatMap(({ target, line }) => {
    const targetLayer = target?.split('/')[0];
    if (target === undefined || targetLayer === undefined) return [];
    if (layer === 'backtest' && targetLayer === 'connector' && !target.startsWith(connectorForBacktest)) {
      return [
        `${file.path}:${line} imports ${target}, but of the connector a backtest may import only ${connectorForBacktest} (rule 1: it reads stored trades, and speaks to no exchange)`,
      ];
    }
    if (allowed.includes(targetLayer)) return [];
    return [
      `${file.path}:${line} imports ${target}, but ${layer} may import only from ${allowed.join(' and ')} (rule 1: connector and runner meet in lines on stdio alone)`,
    ];
  });
}

/** The simulated exchange is the other witness: it shares no code of the dialect with the connector. */
export function witnessBreaches(file: SourceFile): readonly string[] {
  const own = witnessSide(file.path);
  return importsOf(file).flatMap(({ target, line }) => {
    const other = target === undefined ? undefined : witnessSide(target);
    if (own === undefined || other === undefined || own === other) return [];
    return [
      `${file.path}:${line} imports ${target}: the simulated exchange and the connector's dialect must not share code, or a mistake in it would agree with itself`,
    ];
  });
}

function witnessSide(file: string): string | undefined {
  if (file.startsWith('connector/exchange/')) return 'exchange';
  return /^connector\/(bybit|session|rest)\//.test(file) ? 'dialect' : undefined;
}

/** Edges of the program: here is the world. Everything else in shared, connector and runner is pure. */
export function isEdge(file: string): boolean {
  const layer = file.split('/')[0] ?? '';
  if (mayImport[layer] === undefined || file.startsWith('runner/web/')) return true;
  return file.includes('/io/') || file.endsWith('/main.ts');
}

/** Modules that reach the world when they are loaded or called. Types of them are free. */
const worldModules = [
  /^node:(fs|fs\/promises|net|http|https|http2|tls|dns|dns\/promises|dgram|child_process|worker_threads|cluster|os|process|repl|inspector|readline|readline\/promises|stream|stream\/promises|timers|timers\/promises|perf_hooks|async_hooks|v8|vm|sqlite)$/,
  /^(ws|execa|better-sqlite3|undici|ndjson|p-retry|pino|https-proxy-agent|fastify)$/,
  /^(@duckdb\/|@redis\/|@fastify\/)/,
];
/** Functions of such modules that only look at what they are given. */
const pureNames = ['isIP', 'isIPv4', 'isIPv6', 'BlockList', 'EOL', 'constants'];
const randomNames = /^(random|get[Rr]andom|generateKey)/;

/** Rule 2: no I/O modules outside io/ and main.ts, and nothing pure reaches an edge except by its types. */
export function worldImportBreaches(file: SourceFile): readonly string[] {
  if (isEdge(file.path)) return [];
  return importsOf(file)
    .filter((found) => !found.typeOnly)
    .flatMap((found) => {
      const reason = reachesWorld(found);
      return reason === undefined
        ? []
        : [
            `${file.path}:${found.line} imports ${found.specifier}, ${reason} (rule 2: the world is in io/ and main.ts; take a port instead)`,
          ];
    });
}

function reachesWorld({ specifier, target, names }: Import): string | undefined {
  if (target !== undefined) return isWorldFile(target) ? 'which touches the world' : undefined;
  if (names.length > 0 && names.every((name) => pureNames.includes(name))) return undefined;
  if (worldModules.some((pattern) => pattern.test(specifier))) return 'which does input and output';
  if (specifier === 'node:crypto') {
    const random = names.find((name) => randomNames.test(name) || name === '*');
    return random === undefined ? undefined : `of which ${random} is random`;
  }
  return undefined;
}

function isWorldFile(target: string): boolean {
  const layer = target.split('/')[0] ?? '';
  return mayImport[layer] !== undefined && !target.startsWith('runner/web/') && isEdge(target);
}

/** Databases block: better-sqlite3 lives in a worker thread, DuckDB in the history child (DESIGN 6). */
export function databaseBreaches(file: SourceFile): readonly string[] {
  const isWorker = isWorkerFile(file.path);
  return importsOf(file)
    .filter((found) => !found.typeOnly && !file.path.startsWith('tests/') && !file.path.startsWith('bench/'))
    .flatMap(({ specifier, target, line }) => {
      if (specifier.startsWith('@duckdb/') && !file.path.startsWith('connector/history/io/')) {
        return [
          `${file.path}:${line} imports ${specifier}, but only connector/history/io/ may: a query takes all the processor and memory it is given (DESIGN 6)`,
        ];
      }
      const isDatabase = specifier === 'better-sqlite3' || specifier === 'node:sqlite';
      if (isDatabase && !isWorker) {
        return [
          `${file.path}:${line} imports ${specifier}, but only files named *-worker.ts in io/ may: a commit can block for 100 ms (DESIGN 6)`,
        ];
      }
      if (target !== undefined && isWorkerFile(target) && !isWorker) {
        return [
          `${file.path}:${line} imports ${target}, which must run in its own thread: start it with new Worker(new URL(...))`,
        ];
      }
      return [];
    });
}

function isWorkerFile(file: string): boolean {
  return /\/io\/([^/]+\/)*[^/]*worker\.ts$/.test(file);
}

/** Words that only Bybit uses. A topic counts with its dot: `orderbook.` and what follows. */
const dialectWords =
  /\b(exec(Qty|Price|Id|Type|Fee|Time|Value)|cumExec(Qty|Fee|Value)|leavesQty|orderLinkId|orderStatus|publicTrade|allLiquidation|ret_?(Code|Msg|ExtInfo|code|msg|ext_info)|req_id|conn_id|tickDirection|crossSequence|availableToWithdraw)\b|\b(orderbook|tickers)\.(\d|\$\{|\{)/g;

/** Rule 4: Bybit's words live in connector/bybit and connector/exchange. Comments may speak of them. */
export function dialectBreaches(file: SourceFile): readonly string[] {
  if (!/^(shared|connector|runner|backtest)\//.test(file.path)) return [];
  if (/^connector\/(bybit|exchange)\//.test(file.path)) return [];
  return [...withoutComments(file).matchAll(dialectWords)].map(
    (match) =>
      `${file.path}:${lineAt(file, match.index)} says ${JSON.stringify(match[0])}, a word of Bybit's: it belongs to connector/bybit or connector/exchange (rule 4)`,
  );
}
