/** The queries of the table `deaths`, run by the thread of the store. Deaths are few; only the newest 10,000 are kept. */
import type { Kysely } from 'kysely';
import type { WriteBatch } from '../ledger/changes.ts';
import type { Death, DeathTally } from '../supervisor/deaths.ts';
import type { StoreTables } from './store-schema.ts';

const MAX_DEATHS = 10_000;

/** Adds deaths that are not there yet, and forgets what is older than the newest 10,000. */
export async function recordDeaths(
  db: Kysely<StoreTables>,
  deaths: WriteBatch['deaths'],
): Promise<undefined> {
  for (const { id, death } of deaths) await recordDeath(db, id, death);
  const oldest = await db
    .selectFrom('deaths')
    .select('at')
    .orderBy('at', 'desc')
    .limit(1)
    .offset(MAX_DEATHS)
    .executeTakeFirst();
  if (oldest !== undefined) await db.deleteFrom('deaths').where('at', '<=', oldest.at).execute();
}

async function recordDeath(db: Kysely<StoreTables>, id: string, death: Death): Promise<void> {
  const { name, at, generation, pid, uptimeMs, cause, permanent, code, signal, message } = death;
  await db
    .insertInto('deaths')
    .values({
      id,
      name,
      at,
      generation,
      pid,
      uptime_ms: uptimeMs,
      cause,
      permanent: permanent ? 1 : 0,
      code,
      signal,
      message,
    })
    .onConflict((conflict) => conflict.column('id').doNothing())
    .execute();
}

/** Deaths by cause of the child of this name. */
export async function deathTally(db: Kysely<StoreTables>, name: string): Promise<DeathTally> {
  const rows = await db
    .selectFrom('deaths')
    .where('name', '=', name)
    .groupBy('cause')
    .select(({ fn }) => ['cause', fn.countAll<number>().as('deaths')])
    .execute();
  return Object.fromEntries(rows.map((row) => [row.cause, row.deaths]));
}
