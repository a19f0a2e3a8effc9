/** The connector's process under the supervisor: how it is spawned, and who hears of its life. */
import { systemRandom } from '../../shared/io/clock.ts';
import type { Logger } from '../../shared/io/log.ts';
import type { Policy } from '../../shared/policy.ts';
import type { Clock } from '../../shared/time.ts';
import type { App } from '../app.ts';
import type { Config } from '../config/config.ts';
import type { DeathTally } from '../supervisor/deaths.ts';
import { Supervisor } from '../supervisor/supervisor.ts';
import type { Symbols } from '../symbols/io/run-symbols.ts';
import { childSpawner } from './child.ts';
import { stderrPass } from './child-log.ts';
import type { FlightWatch } from './flight-watch.ts';
import { eventLoopAlarm } from './timers.ts';

/** Who hears what becomes of the child. */
export type SupervisedParts = {
  readonly app: App;
  readonly symbols: Symbols;
  readonly flight: FlightWatch;
  readonly clock: Clock;
  readonly policy: Policy;
  readonly config: Config;
  readonly log: Logger;
};

/** The supervisor with the real processes, whose news go to everybody. */
export function superviseChild(
  { config, app, symbols, flight, clock, policy, log }: SupervisedParts,
  previousDeaths: DeathTally,
): Supervisor {
  const spawn = childSpawner({
    maxLineLength: policy.maxLineLength,
    killAfterMs: policy.supervisor.killAfterMs,
    log,
    passLog: stderrPass(),
    watchdog: true,
  });
  const supervisor = new Supervisor(config.connector, {
    spawn: flight.watched(spawn),
    clock,
    random: systemRandom,
    setAlarm: eventLoopAlarm(clock),
    policy: { ...policy.supervisor, deathsInWindow: config.maxDeaths },
    log,
    previousDeaths,
    recordDeath: (death) => app.ledger.death(death),
    onLine: (line, generation) => app.onLine(line, generation),
    onOrdinary: (events, generation) => app.onOrdinary(events, generation),
    onChildStarted: (generation) => {
      app.childStarted(generation);
      flight.desk?.childStarted(generation);
    },
    onChildReadsAgain: () => app.subscriber.childReadsAgain(),
    onChildEnded: (generation, death) => {
      app.childEnded(generation, death);
      symbols.desk.childEnded();
      flight.desk?.childEnded(death);
    },
    onStateChange: () => {
      app.tell('health');
      flight.desk?.stateChanged(supervisor.report());
    },
  });
  return supervisor;
}
