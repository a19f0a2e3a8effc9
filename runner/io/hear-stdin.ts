/** Commands for the runner itself, line by line on its stdin. */
import { readCommands } from '../../shared/io/lines.ts';
import type { Logger } from '../../shared/io/log.ts';
import type { Policy } from '../../shared/policy.ts';
import type { App } from '../app.ts';
import type { Config } from '../config/config.ts';
import { obeyStdinCommand } from '../stdin-commands.ts';
import type { Supervisor } from '../supervisor/supervisor.ts';
import type { FlightWatch } from './flight-watch.ts';

/** What is there to be commanded. */
export type Commanded = {
  readonly app: App;
  readonly supervisor: Supervisor;
  readonly policy: Policy;
  readonly flight: FlightWatch;
};

/** Obeys commands on stdin (docs/stdio-protocol.md); replies go to stdout. */
export function hearStdin(
  { category }: Pick<Config, 'category'>,
  { app, supervisor, policy, flight }: Commanded,
  log: Logger,
  shutdown: () => void,
): void {
  // Nobody may be there to read the replies; the runner has other things to do.
  process.stdout.on('error', (error) =>
    log.warn({ event: 'stdout_closed', err: error }, 'replies go nowhere'),
  );
  readCommands(process.stdin, policy.maxLineLength, {
    onValue: (value) =>
      obeyStdinCommand(value, category, {
        want: (topic) => app.want(topic),
        unwant: (topic) => app.unwant(topic),
        stats: () => ({ ...supervisor.report(), intake: app.intake.counts() }),
        shutdown,
        dump: flight.view?.dump,
        reply: (reply) => process.stdout.write(`${JSON.stringify(reply)}\n`),
        complain: ({ code, message }) => log.warn({ event: 'bad_command', code }, message),
      }),
    onBad: (reason) => log.warn({ event: 'bad_command' }, `stdin: ${reason}`),
    onEnd: () => undefined,
  });
}
