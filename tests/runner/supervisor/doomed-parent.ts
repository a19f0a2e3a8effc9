/** Runs the supervisor over one fixture until somebody kills this process; prints the child's pid when it is ready. */
import { until } from '../../helpers/until.ts';
import { fixtureCommand, openWorld } from './world.ts';

const { supervisor } = openWorld(fixtureCommand(process.argv[2] ?? ''), {
  policy: { readyWithinMs: 10_000 },
  watchdog: process.argv[3] !== 'unwatched',
});
supervisor.start();
await until('the child is ready', () => supervisor.report().ready);
process.stdout.write(`${supervisor.report().pid}\n`);
