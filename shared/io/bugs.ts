/** What happens to an error that nobody caught: it is told, and the process ends with the code for a bug (shared/errors.ts). */
import { exitCodes } from '../errors.ts';
import type { Logger } from './log.ts';

/** From now on a bug anywhere in this process ends it with 70; the level above starts it anew. */
export function endOnBug(log: Logger): void {
  process.on('uncaughtException', (error) => {
    log.fatal({ event: 'bug', err: error }, 'a bug: the state of this process can no longer be trusted');
    process.exit(exitCodes.bug);
  });
}
