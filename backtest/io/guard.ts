/**
 * Ends a call that does not end by itself. In one thread nothing else could: no timer fires while a strategy loops.
 *
 * The work is called from a script of node:vm with a time limit. When that is over V8 stops whatever runs, wherever it is, and no
 * `try` of the strategy can hold that up. After it the state of the replay is not to be used any more.
 */
import { Script } from 'node:vm';

const KEY = Symbol.for('towline.backtest.work');
const script = new Script("globalThis[Symbol.for('towline.backtest.work')]()");

/** It took longer than it may. */
export class HangError extends Error {
  override readonly name = 'HangError';
}

/** What `work` answers. Throws HangError when it takes longer than `withinMs`, and what `work` throws. */
export function guarded<T>(withinMs: number, work: () => T): T {
  let answered: { readonly value: T } | undefined;
  Reflect.set(globalThis, KEY, () => {
    answered = { value: work() };
  });
  try {
    script.runInThisContext({ timeout: withinMs });
  } catch (error) {
    const isTimeout =
      error instanceof Error && 'code' in error && error.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT';
    throw isTimeout ? new HangError(`no end within ${withinMs} ms`) : error;
  } finally {
    Reflect.deleteProperty(globalThis, KEY);
  }
  if (answered === undefined) throw new HangError('no answer');
  return answered.value;
}
