/** Deaths to record and to tell. */
import type { WriteBatch } from '../../runner/ledger/changes.ts';
import type { Death, DeathCause } from '../../runner/supervisor/deaths.ts';
import { unixMs } from '../../shared/time.ts';

/** A death of the child `bybit`, `index` milliseconds after some beginning. */
export function deathOf(cause: DeathCause, index = 0, name = 'bybit'): Death {
  return {
    name,
    generation: index + 1,
    pid: 4_711,
    at: unixMs(1_717_440_000_000 + index),
    uptimeMs: 1_000,
    cause,
    asked: false,
    permanent: false,
    code: 1,
    signal: null,
    message: 'the connector ended with exit code 1',
  };
}

/** What is written of this death, alone. */
export function batchOf(death: Death, id: string = `${death.name}-${death.at}-${death.cause}`): WriteBatch {
  const none = { gaps: [], spans: [], places: [], aliveUntil: null, forgetBefore: null };
  return { environment: null, ...none, deaths: [{ id, death }] };
}
