/** The queries of the ledger's tables, run by the thread of the store: gaps, spans, places, and until when the runner lived. */
import type { Kysely, Selectable, Transaction } from 'kysely';
import { z } from 'zod';
import type { GapEvent } from '../../shared/events/process-events.ts';
import { type Topic, topicKey } from '../../shared/market.ts';
import { unixMs } from '../../shared/time.ts';
import type {
  CoverageQuery,
  GapQuery,
  LedgerRemains,
  StoredGap,
  StoredPlace,
  StoredSpan,
  Unseen,
  WriteBatch,
} from '../ledger/changes.ts';
import { type Coverage, coverageOf } from '../ledger/coverage.ts';
import { gapKey } from '../ledger/gap-key.ts';
import { unseenOf } from '../ledger/unseen.ts';
import { spanKey } from '../ledger/write-queue.ts';
import { recordDeaths } from './store-deaths.ts';
import type { GapRow, StoreTables, TopicColumns } from './store-schema.ts';

const earlierTimes = z.array(z.tuple([z.number(), z.number()]));

/** The newest are kept. */
const MAX_GAPS = 1_000_000;
/** Gaps of one day that are looked at for its coverage, the newest. */
const MAX_GAPS_A_DAY = 200_000;
/**
 * Open gaps that are taken up again after a start: as many as the runner keeps in memory. Those without an end come first, since nobody
 * else would ever end them, then the newest.
 */
const MAX_TAKEN_UP = 10_000;

/** The time of a gap and the places of its ends differ by clocks and ways, and by what is on its way to the runner. */
const ENDS_APART_MS = 600_000;

/** Writes all of it in one transaction, or nothing. */
export async function writeBatch(db: Kysely<StoreTables>, batch: WriteBatch): Promise<undefined> {
  await db.transaction().execute(async (trx) => {
    if (batch.deaths.length > 0) await recordDeaths(trx, batch.deaths);
    const { environment, aliveUntil, forgetBefore } = batch;
    if (environment === null) return;
    for (const stored of batch.gaps) await writeGap(trx, environment, stored);
    for (const span of batch.spans) await writeSpan(trx, environment, span);
    for (const place of batch.places) await writePlace(trx, environment, place);
    if (aliveUntil !== null)
      await trx
        .insertInto('alive')
        .values({ environment, alive_until: aliveUntil })
        .onConflict((conflict) => conflict.column('environment').doUpdateSet({ alive_until: aliveUntil }))
        .execute();
    if (forgetBefore !== null) await forget(trx, forgetBefore);
  });
}

/** What the runs before left behind. */
export async function readLedger(db: Kysely<StoreTables>, environment: string): Promise<LedgerRemains> {
  const alive = await db
    .selectFrom('alive')
    .where('environment', '=', environment)
    .select('alive_until')
    .executeTakeFirst();
  const gaps = await db
    .selectFrom('gaps')
    .where('environment', '=', environment)
    .where('state', '=', 'open')
    .orderBy('to_id', (order) => order.desc().nullsFirst())
    .orderBy('opened_at', 'desc')
    .limit(MAX_TAKEN_UP)
    .selectAll()
    .execute();
  const spans = await db
    .selectFrom('followed')
    .where('environment', '=', environment)
    .where('until', 'is', null)
    .selectAll()
    .execute();
  const places = await db.selectFrom('places').where('environment', '=', environment).selectAll().execute();
  const placeOf = new Map(places.map((row) => [row.topic, bound(row.id, row.at, row.seq)]));
  return {
    gaps: gaps.toSorted((a, b) => a.opened_at - b.opened_at).map(storedGap),
    followed: spans.map((row) => ({ ...storedSpan(row), place: placeOf.get(row.topic) ?? null })),
    aliveUntil: alive === undefined ? null : unixMs(alive.alive_until),
  };
}

/** Gaps of all runs, newest first. */
export async function gapPage(db: Kysely<StoreTables>, query: GapQuery): Promise<readonly StoredGap[]> {
  const { after, state, channel, category, symbol, from, to } = query;
  let rows = db.selectFrom('gaps').where('environment', '=', query.environment);
  if (state !== undefined) rows = rows.where('state', '=', state);
  if (channel !== undefined) rows = rows.where('channel', '=', channel);
  if (category !== undefined) rows = rows.where('category', '=', category);
  if (symbol !== undefined) rows = rows.where('symbol', '=', symbol);
  if (to !== undefined) rows = rows.where('starts_at', '<=', to);
  if (from !== undefined)
    rows = rows.where((where) => where.or([where('ends_at', 'is', null), where('ends_at', '>=', from)]));
  if (after !== null)
    rows = rows.where((where) =>
      where.or([
        where('opened_at', '<', after.openedAt),
        where.and([where('opened_at', '=', after.openedAt), where('gap_id', '<', after.id)]),
      ]),
    );
  const found = await rows
    .orderBy('opened_at', 'desc')
    .orderBy('gap_id', 'desc')
    .limit(query.limit)
    .selectAll()
    .execute();
  return found.map(storedGap);
}

/** How much was seen in a stretch of time. Computed here: of 200,000 gaps only the sums go to the main thread. */
export async function coverage(db: Kysely<StoreTables>, query: CoverageQuery): Promise<Coverage> {
  const { environment, start, end, now, unwritten } = query;
  const spans = await db
    .selectFrom('followed')
    .where('environment', '=', environment)
    .where('since', '<', end)
    .where((where) => where.or([where('until', 'is', null), where('until', '>', start)]))
    .selectAll()
    .execute();
  const gaps = await db
    .selectFrom('gaps')
    .where('environment', '=', environment)
    .where('starts_at', '<', end + ENDS_APART_MS)
    .where((where) => where.or([where('ends_at', 'is', null), where('ends_at', '>', start - ENDS_APART_MS)]))
    .orderBy('opened_at', 'desc')
    .limit(MAX_GAPS_A_DAY)
    .selectAll()
    .execute();
  const newer = new Set(unwritten.gaps.map(({ key }) => key));
  const stored = gaps.map(storedGap).filter((gap) => !newer.has(gapKey(gap)));
  const known = [...spans.map(storedSpan), ...unwritten.spans];
  const facts = {
    spans: [...new Map(known.map((span) => [spanKey(span), span])).values()],
    gaps: [...stored.map(unseenOf), ...unwritten.gaps],
  };
  return coverageOf(facts, start, end, now);
}

async function writeGap(
  trx: Transaction<StoreTables>,
  environment: string,
  stored: StoredGap,
): Promise<void> {
  const { run, gap, changedAt, unseen } = stored;
  const told = {
    cause: gap.cause,
    state: gap.state,
    healed_by: gap.healed_by ?? null,
    recovered: gap.recovered ?? null,
    missing: gap.missing ?? null,
    from_id: gap.from?.id ?? null,
    from_at: gap.from?.timestamp ?? null,
    from_seq: gap.from?.seq ?? null,
    to_id: gap.to?.id ?? null,
    to_at: gap.to?.timestamp ?? null,
    to_seq: gap.to?.seq ?? null,
    starts_at: gap.from?.timestamp ?? gap.at,
    ends_at: gap.to?.timestamp ?? (gap.state === 'open' ? null : changedAt),
    changed_at: changedAt,
    // What was known of its time once is not forgotten when only its places are.
    ...(unseen === undefined ? {} : unseenColumns(unseen)),
  };
  await trx
    .insertInto('gaps')
    .values({ environment, run, gap_id: gap.gap_id, ...topicColumns(gap), opened_at: gap.at, ...told })
    .onConflict((conflict) => conflict.columns(['environment', 'run', 'gap_id']).doUpdateSet(told))
    .execute();
}

async function writeSpan(
  trx: Transaction<StoreTables>,
  environment: string,
  span: StoredSpan,
): Promise<void> {
  const { topic, since, until } = span;
  await trx
    .insertInto('followed')
    .values({ environment, ...topicColumns(topic), since, until })
    .onConflict((conflict) => conflict.columns(['environment', 'topic', 'since']).doUpdateSet({ until }))
    .execute();
}

async function writePlace(
  trx: Transaction<StoreTables>,
  environment: string,
  { topic, place }: StoredPlace,
): Promise<void> {
  const seen = { id: place.id, at: place.timestamp, seq: place.seq ?? null };
  await trx
    .insertInto('places')
    .values({ environment, topic: topicKey(topic), ...seen })
    .onConflict((conflict) => conflict.columns(['environment', 'topic']).doUpdateSet(seen))
    .execute();
}

async function forget(trx: Transaction<StoreTables>, before: number): Promise<void> {
  await trx.deleteFrom('gaps').where('ends_at', '<', before).execute();
  await trx.deleteFrom('gaps').where('ends_at', 'is', null).where('opened_at', '<', before).execute();
  await trx.deleteFrom('followed').where('until', '<', before).execute();
  const oldest = await trx
    .selectFrom('gaps')
    .select('opened_at')
    .orderBy('opened_at', 'desc')
    .limit(1)
    .offset(MAX_GAPS)
    .executeTakeFirst();
  if (oldest !== undefined) await trx.deleteFrom('gaps').where('opened_at', '<=', oldest.opened_at).execute();
}

function topicColumns(topic: Topic): TopicColumns {
  const { channel, category, symbol, depth, interval } = topic;
  return {
    topic: topicKey(topic),
    channel,
    category,
    symbol,
    depth: depth ?? null,
    interval: interval ?? null,
  };
}

function topicOf({ channel, category, symbol, depth, interval }: TopicColumns): Topic {
  return {
    channel,
    category,
    symbol,
    ...(depth === null ? {} : { depth }),
    ...(interval === null ? {} : { interval }),
  };
}

function storedSpan(
  row: TopicColumns & { readonly since: number; readonly until: number | null },
): StoredSpan {
  return {
    topic: topicOf(row),
    since: unixMs(row.since),
    until: row.until === null ? null : unixMs(row.until),
  };
}

function storedGap(row: Selectable<GapRow>): StoredGap {
  const gap: GapEvent = {
    type: 'gap',
    gap_id: row.gap_id,
    state: row.state,
    ...topicOf(row),
    cause: row.cause,
    from: bound(row.from_id, row.from_at, row.from_seq),
    to: bound(row.to_id, row.to_at, row.to_seq),
    at: row.opened_at,
    ...(row.healed_by === null ? {} : { healed_by: row.healed_by }),
    ...(row.recovered === null ? {} : { recovered: row.recovered }),
    ...(row.missing === null ? {} : { missing: row.missing }),
  };
  const unseen = unseenIn(row);
  return {
    run: row.run,
    gap,
    changedAt: unixMs(row.changed_at),
    ...(unseen === undefined ? {} : { unseen }),
  };
}

function unseenColumns({ from, until, earlier }: Unseen) {
  const times = earlier?.map((time) => [time.from, time.until]);
  return {
    ...{ unseen_from: from, unseen_until: until },
    unseen_earlier: times === undefined ? null : JSON.stringify(times),
  };
}

function unseenIn(row: Selectable<GapRow>): Unseen | undefined {
  const { unseen_from: from, unseen_until: until, unseen_earlier: times } = row;
  if (from === null) return undefined;
  const earlier = times === null ? [] : earlierTimes.parse(JSON.parse(times));
  return {
    from: unixMs(from),
    until: until === null ? null : unixMs(until),
    ...(earlier.length === 0
      ? {}
      : { earlier: earlier.map(([since, end]) => ({ from: unixMs(since), until: unixMs(end) })) }),
  };
}

function bound(id: string | null, at: number | null, seq: number | null): GapEvent['from'] {
  if (id === null || at === null) return null;
  return seq === null ? { id, timestamp: at } : { id, timestamp: at, seq };
}
