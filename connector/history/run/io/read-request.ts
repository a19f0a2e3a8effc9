/** The request of whoever started us: the first line on stdin. Afterwards only its end is listened for. */
import { readCommands } from '../../../../shared/io/lines.ts';
import type { HistoryWorld } from './run-history.ts';

/** The longest request: thousands of instruments. */
const LENGTH_MAX = 1_048_576;

/** Undefined when none came; then the problem was told. */
export async function readRequest({ signal, emit, clock, abort, options }: HistoryWorld): Promise<unknown> {
  const { promise, resolve } = Promise.withResolvers<unknown>();
  const bad = (error: string): void => {
    emit({ type: 'error', error, code: 'bad_command', retryable: false, at: clock.unixMs() });
    resolve(undefined);
  };
  let came = false;
  readCommands(process.stdin, LENGTH_MAX, {
    onValue: (value) => {
      came = true;
      resolve(value);
    },
    onBad: (reason) => {
      if (!came) bad(`the request cannot be read: ${reason}; see docs/history.md`);
    },
    onEnd: () => {
      if (!came) bad('no request came on stdin: write one line of JSON; see docs/history.md');
      else if (options.stopOnEof) abort();
    },
  });
  signal.addEventListener('abort', () => resolve(undefined), { once: true });
  const said = await promise;
  // An open pipe must not keep us alive when all is said.
  process.stdin.unref?.();
  return said;
}
