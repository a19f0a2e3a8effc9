/** A process that runs the seeds it is told, one after the other, and tells how each ended. */
import { runSeed } from '../../tests/simulation/run.ts';

process.on('message', (seed: string) => {
  void runSeed(seed).then((outcome) => process.send?.(outcome));
});
process.on('disconnect', () => process.exit());
