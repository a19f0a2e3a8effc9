/** A history child: asked once, it answers in lines and ends (docs/history.md). */
import type { Logger } from '../../../shared/io/log.ts';
import type { Policy } from '../../../shared/policy.ts';
import type { Config } from '../../config/config.ts';
import { childSpawner } from '../../io/child.ts';
import { stderrPass } from '../../io/child-log.ts';
import type { HistoryChild, HistoryChildHandlers } from '../ports.ts';

export type HistoryStart = (request: object, handlers: HistoryChildHandlers) => HistoryChild;

export type HistoryChildSources = {
  readonly config: Pick<Config, 'connector' | 'dataDir' | 'backfill'>;
  readonly policy: Policy;
  readonly log: Logger;
};

/** Starts the profile's history program and gives it one request; further ones are children of their own. */
export function historyStarter({ config, policy, log }: HistoryChildSources): HistoryStart {
  const { connector, dataDir, backfill } = config;
  const { killAfterMs } = policy.supervisor;
  const passLog = stderrPass();
  const spawn = childSpawner({
    maxLineLength: policy.maxLineLength,
    killAfterMs,
    log,
    passLog,
    watchdog: true,
  });
  const env = { ...connector.env, DATA_DIR: dataDir, BACKFILL_CACHE_DIR: backfill.cacheDir };
  const spec = { name: 'history', command: connector.history ?? [], cwd: connector.cwd, env };
  return (request, { onLine, onEnd }) => {
    const child = spawn(spec, {
      onLine,
      onOutputEnded: () => undefined,
      onExited: ({ code, signal, spawnError }) => {
        clearTimeout(killer);
        if (code === 0) onEnd(null);
        else
          onEnd(spawnError ?? `history ended with ${code === null ? (signal ?? '?') : `exit code ${code}`}`);
      },
    });
    let killer: NodeJS.Timeout | undefined;
    child.send(request);
    return {
      stop: () => {
        child.terminate();
        killer ??= setTimeout(() => child.kill(), killAfterMs).unref();
      },
    };
  };
}
