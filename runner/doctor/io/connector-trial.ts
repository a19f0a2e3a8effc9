/** Starts the configured connector alone, subscribes every topic, and watches until all have data or the time is up. */
import { decodeEvent } from '../../../shared/wire.ts';
import type { Config, ConnectorConfig } from '../../config/config.ts';
import type { ChildExit } from '../../supervisor/deaths.ts';
import type { SpawnChild } from '../../supervisor/ports.ts';
import type { Finding } from '../finding.ts';
import { TopicWatch } from '../topic-watch.ts';

export type TrialOptions = {
  readonly spawn: SpawnChild;
  /** To be ready, and then once more for the first data. */
  readonly waitMs: number;
  /** From SIGTERM to SIGKILL. */
  readonly killAfterMs: number;
};

/** A process that ends closes its stdout first; its exit code comes a moment later. */
const EXIT_AFTER_STDOUT_MS = 2_000;

/** The child is gone when this has answered. */
export async function tryConnector(
  connector: ConnectorConfig,
  { topics, filters, category }: Pick<Config, 'topics' | 'filters' | 'category'>,
  options: TrialOptions,
): Promise<readonly Finding[]> {
  const watch = new TopicWatch(topics, connector.environment, filters);
  const started = performance.now();
  const over = Promise.withResolvers<'complete' | 'late' | 'silenced'>();
  const exited = Promise.withResolvers<ChildExit>();
  const giveUp = (): void => over.resolve('late');
  let timer = setTimeout(giveUp, options.waitMs);
  const symbols = [...new Set(topics.map((topic) => topic.symbol))];
  const defaults = { category, ...(symbols.length === 1 ? { symbol: symbols[0] } : {}) };
  const onLine = (line: string): void => {
    const decoded = decodeEvent(line, defaults);
    if (decoded.kind === 'bad') watch.heardGarbage();
    if (decoded.kind !== 'event') return;
    const commands = watch.heard(decoded.event, performance.now() - started);
    if (commands.length > 0) {
      clearTimeout(timer);
      timer = setTimeout(giveUp, options.waitMs);
    }
    for (const command of commands) child.send(command);
    if (watch.isReady && watch.isComplete) over.resolve('complete');
  };
  const child = options.spawn(
    { name: connector.name, command: connector.command, cwd: connector.cwd, env: connector.env },
    { onLine, onOutputEnded: () => over.resolve('silenced'), onExited: exited.resolve },
  );
  void exited.promise.then(() => over.resolve('silenced'));
  const how = await over.promise;
  clearTimeout(timer);
  const ended = how === 'silenced' ? await endText(exited.promise) : undefined;
  const findings = watch.findings(ended, options.waitMs);
  child.terminate();
  const killer = setTimeout(child.kill, options.killAfterMs);
  await exited.promise;
  clearTimeout(killer);
  return findings;
}

/** Why nothing more comes from it. */
async function endText(exited: Promise<ChildExit>): Promise<string> {
  const late = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => late.resolve(undefined), EXIT_AFTER_STDOUT_MS);
  const exit = await Promise.race([exited, late.promise]);
  clearTimeout(timer);
  if (exit === undefined) return 'it closed its stdout but goes on running';
  const { code, signal, spawnError } = exit;
  if (spawnError !== null) return spawnError;
  if (signal !== null) return `it was ended by ${signal}`;
  return `it ended by itself with exit code ${code ?? '?'}${meanings[code ?? -1] ?? ''}`;
}

const meanings: Readonly<Record<number, string>> = {
  64: ' (wrong options)',
  77: ' (credentials refused)',
  78: ' (wrong settings)',
};
