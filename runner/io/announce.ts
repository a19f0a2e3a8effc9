/** What the log says when the runner has started: which program is connected to what, and with which settings. */
import type { Logger } from '../../shared/io/log.ts';
import type { Config } from '../config/config.ts';
import type { Listening } from './http-server.ts';

/** Each start says in one unmistakable line what is connected to what. */
export function announce(config: Config, listening: Listening, log: Logger): void {
  const { name, environment, clock, command } = config.connector;
  log.info(
    {
      event: 'runner_started',
      profile: name,
      environment,
      clock,
      command,
      url: listening.url,
      data_dir: config.dataDir,
      topics: config.topics.length,
      filters: config.filters.map(({ text }) => text),
      settings: config.settings,
    },
    `${(environment ?? 'unknown environment').toUpperCase()}${clock === 'replay' ? ' (REPLAY)' : ''}: connector ${name}, API and page on ${listening.url}`,
  );
}
