/** One request of whoever started us, on stdin: what it asks for says who answers. */
import { exitCodes } from '../../../../shared/errors.ts';
import { readRequest } from './read-request.ts';
import type { HistoryWorld } from './run-history.ts';

export async function answerRequest(world: HistoryWorld): Promise<number> {
  const said = await readRequest(world);
  if (said === undefined) return world.signal.aborted ? exitCodes.tryAgain : exitCodes.usage;
  const isForRows = typeof said === 'object' && said !== null && 'request' in said && said.request === 'rows';
  if (isForRows) return await (await import('./tell-rows.ts')).answerRows(world, said);
  return await (await import('./tell-totals.ts')).tellTotals(world, said);
}
