/**
 * The runner: builds the world and keeps it going until it is told to stop.
 *
 * Order matters: settings, then the data folder's lock, then the port, and only then a child. Stopping goes the other way:
 * the child first, then whoever reads it. Only a bug ends it at once (shared/io/bugs.ts).
 */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { errorCatalogue, exitCodes, type Failure, ok, type Result } from '../shared/errors.ts';
import { endOnBug } from '../shared/io/bugs.ts';
import { readEnvFile, readJsonFile } from '../shared/io/env-file.ts';
import { FreeDisk } from '../shared/io/free-disk.ts';
import { type Logger, openLog } from '../shared/io/log.ts';
import { openLogFile } from '../shared/io/log-file.ts';
import { scaledPolicy } from '../shared/policy.ts';
import { secretTexts } from '../shared/settings/secret-texts.ts';
import { monoMs, unixMs } from '../shared/time.ts';
import { parseRunnerArguments, runnerHelp } from './config/arguments.ts';
import { type Config, parseConfig, problemsText } from './config/config.ts';
import { secretNames } from './config/settings-table.ts';
import { runRunner } from './io/run-runner.ts';
import { stopWithStarter } from './io/starter.ts';
import { openStore, type Store } from './io/store.ts';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

async function main(): Promise<number> {
  const read = parseRunnerArguments(process.argv.slice(2));
  if (!read.ok)
    return complain(exitCodes.usage, [
      'wrong options:',
      ...read.problems.map((problem) => `  - ${problem}`),
      'Try: npm start -- --help',
    ]);
  if (read.value.help) {
    process.stdout.write(runnerHelp);
    return exitCodes.done;
  }
  const envFile = readEnvFile(path.resolve(read.value.envFile ?? '.env'), read.value.envFile !== undefined);
  const around = { root, cwd: process.cwd(), node: process.execPath, fileExists: existsSync };
  const parsed = parseConfig(process.env, envFile.values, readJsonFile, around, envFile.problems);
  for (const warning of parsed.warnings) process.stderr.write(`warning: ${warning}\n`);
  if (!parsed.ok) return complain(exitCodes.config, [problemsText(parsed.problems)]);
  const { config } = parsed;
  const secrets = secretTexts(secretNames, process.env, envFile.values);
  const opened = openLogs(config, secrets);
  if (!opened.ok) return complain(exitCodes.config, [problemsText([opened.failure.message])]);
  const log = opened.value;
  endOnBug(log);
  stopWithStarter(process.env['TOWLINE_PARENT_PID'], log);
  const store = await openStore(config.dataDir, identityOf(config), log);
  if (!store.ok) return refuse(log, store.failure);
  try {
    const options = { commandsOnStdin: read.value.stdin, version: versionOf(), secrets };
    const failure = await runRunner(config, store.value, log, options);
    return failure === undefined ? exitCodes.done : refuse(log, failure);
  } finally {
    await closeStore(store.value, log);
  }
}

/** The log on stderr, and its copy in LOG_FILENAME, of which the first can tell what becomes of the second. */
function openLogs(config: Config, secrets: readonly string[]): Result<Logger> {
  const { logLevel: level, logFile, minFreeBytes: minBytes } = config;
  if (logFile === undefined) return ok(openLog({ level, program: 'runner', secrets }));
  const everyMs = scaledPolicy(config.timeScale).diskLookEveryMs;
  const disk = new FreeDisk({
    folder: path.dirname(logFile),
    minBytes,
    everyMs,
    monoMs: () => monoMs(performance.now()),
  });
  const file = openLogFile(logFile, {
    nowMs: () => unixMs(Date.now()),
    refusal: () => {
      disk.tick();
      return disk.fault();
    },
    onTrouble: (reason) =>
      log.error(
        { event: 'log_file_failed', reason },
        'the log goes on to stderr only; make room on the disk',
      ),
    onRecovered: (lost) =>
      log.warn(
        { event: 'log_file_recovered', lost },
        'the log file is written again; these lines are not in it',
      ),
  });
  if (!file.ok) return file;
  process.on('exit', () => file.value.flush());
  const log = openLog({ level, program: 'runner', secrets, copy: file.value });
  return ok(log);
}

/** Says why we do not start, in the log and in plain words. */
function refuse(log: Logger, failure: Failure): number {
  log.fatal({ event: 'runner_refused', code: failure.code }, failure.message);
  const entry = errorCatalogue[failure.code];
  return 'exitCode' in entry ? entry.exitCode : exitCodes.failed;
}

function complain(code: number, lines: readonly string[]): number {
  process.stderr.write(`${lines.join('\n')}\n`);
  return code;
}

/** Of package.json; for /docs. */
function versionOf(): string {
  const file = readJsonFile(path.join(root, 'package.json'));
  const content: unknown = file.ok ? file.value : undefined;
  const version =
    typeof content === 'object' && content !== null && 'version' in content ? content.version : undefined;
  return typeof version === 'string' ? version : 'unknown';
}

function identityOf(config: Config) {
  return { pid: process.pid, startedAt: unixMs(Date.now()), host: config.host, port: config.port };
}

async function closeStore(store: Store, log: Logger): Promise<void> {
  await store.close();
  log.info({ event: 'runner_stopped' }, 'stopped');
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(
    `towline: a bug: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  );
  process.exitCode = exitCodes.bug;
}
