/**
 * The life of the exchange's process: start, one line on stdout that says where it listens, stop.
 *
 * It stops on SIGTERM and SIGINT, and when stdin ends if that was asked for. It sets the exit code and lets the process
 * end by itself, so that nothing that was written is lost.
 */
import { randomBytes } from 'node:crypto';
import { exitCodes } from '../../../shared/errors.ts';
import type { Logger, LogLevel } from '../../../shared/io/log.ts';
import { logLevels, openLog } from '../../../shared/io/log.ts';
import { onStopSignal } from '../../../shared/io/signals.ts';
import type { RawOptions, ServerOptions } from '../options.ts';
import { readOptions } from '../options.ts';
import { LogFiles } from './log-files.ts';
import type { RunningServer } from './server.ts';
import { startServer } from './server.ts';

/** Runs the exchange until it is told to stop. All problems of the command line come in one message, exit code 64. */
export async function serveExchange(raw: RawOptions, unknown: readonly string[]): Promise<void> {
  const read = readOptions(raw, unknown, process.env['TIME_SCALE']);
  if ('problems' in read) {
    process.stderr.write(
      `exchange: wrong options\n${read.problems.map((problem) => `  ${problem}\n`).join('')}Try: npm run exchange -- --help\n`,
    );
    process.exitCode = exitCodes.usage;
    return;
  }
  const log = openLog({ level: levelFrom(process.env['LOG_LEVEL']), program: 'exchange' });
  await run(read.options, log);
}

async function run(options: ServerOptions, log: Logger): Promise<void> {
  const seed = options.seed ?? randomBytes(8).toString('hex');
  const stopping = stopRequest(options.stopOnEof);
  const onDiskError = (error: Error): void => {
    log.fatal(
      { event: 'log_file_failed', folder: options.logDir, error: error.message },
      'the logs cannot be written',
    );
    process.exitCode = exitCodes.failed;
    stopping.now('log_file_failed');
  };
  let server: RunningServer;
  try {
    const journal = options.logDir === undefined ? undefined : new LogFiles(options.logDir, onDiskError);
    server = await startServer({ ...options, seed }, options, journal);
  } catch (error) {
    reportFailedStart(options, log, error);
    stopping.cancel();
    return;
  }
  const place = options.host === '::1' ? `[::1]:${server.port}` : `${options.host}:${server.port}`;
  const line = {
    type: 'listening',
    port: server.port,
    url: `http://${place}`,
    websocket: `ws://${place}/v5/public`,
    seed,
    pid: process.pid,
  };
  process.stdout.on('error', () => stopping.now('stdout_closed'));
  process.stdout.write(`${JSON.stringify(line)}\n`);
  log.info(
    { event: 'exchange_listening', port: server.port, seed, log_dir: options.logDir },
    'the simulated exchange is open',
  );
  const reason = await stopping.asked;
  await server.stop();
  stopping.cancel();
  log.info({ event: 'exchange_stopped', reason }, 'the simulated exchange is closed');
}

function reportFailedStart(options: ServerOptions, log: Logger, error: unknown): void {
  if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') {
    const advice = `port ${options.port} on ${options.host} is taken by another process; choose another with --port, or 0 for any free one`;
    log.error({ event: 'port_taken', port: options.port }, advice);
    process.exitCode = exitCodes.tryAgain;
    return;
  }
  log.fatal({ event: 'start_failed', error: String(error) }, 'the simulated exchange cannot start');
  process.exitCode = exitCodes.failed;
}

/** Waits for the first reason to stop. `cancel` lets the process end by itself. */
function stopRequest(stopOnEof: boolean) {
  const { promise: asked, resolve } = Promise.withResolvers<string>();
  const stopListening = onStopSignal(resolve);
  const onEof = (): void => resolve('stdin_ended');
  if (stopOnEof) {
    process.stdin.on('end', onEof);
    process.stdin.on('error', onEof);
    process.stdin.resume();
  }
  const cancel = (): void => {
    stopListening();
    process.stdin.off('end', onEof);
    if (stopOnEof) process.stdin.destroy();
  };
  return { asked, now: resolve, cancel };
}

function levelFrom(text: string | undefined): LogLevel {
  return logLevels.find((level) => level === text?.toLowerCase()) ?? 'info';
}
