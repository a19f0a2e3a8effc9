/** History: how far it was fetched, and how politely. */

import { type PoliteLane, politeSchema } from '../../../shared/events/history-events.ts';
import { backfillStates } from '../../backfill/ports.ts';
import { counter, gauge, type Metric, oneOf, single } from './metric.ts';
import type { Snapshot } from './snapshot.ts';

type Counts = Snapshot['backfill']['counts'];

function counted(pick: (counts: Counts) => number): Metric['read'] {
  return ({ backfill }) => single(pick(backfill.counts));
}

/** Of both kinds of host, as the history child last said; nothing before. */
function ofLanes(pick: (lane: PoliteLane, now: number) => number): Metric['read'] {
  return ({ backfill: { polite }, now }) =>
    polite === null
      ? []
      : (['rest', 'archive'] as const).map((host) => ({ labels: { host }, value: pick(polite[host], now) }));
}

/** Unix ms; 0 when nobody is shut out now. That child may be gone and take nothing back. */
function bannedUntil({ banned_until: until }: PoliteLane, now: number): number {
  return until !== null && until > now ? until : 0;
}

const accesses = politeSchema.shape.access.options;

export const backfillMetrics: readonly Metric[] = [
  gauge('backfill_state', '1 for the present state of fetching history', ['status'], ({ backfill }) =>
    oneOf('status', backfillStates, backfill.status),
  ),
  counter(
    'backfill_runs_total',
    'Questions that were put to history',
    [],
    counted((counts) => counts.runs),
  ),
  counter(
    'backfill_failures_total',
    'Of these, those that were not answered wholly',
    [],
    counted((counts) => counts.failures),
  ),
  counter(
    'backfill_days_total',
    'Days of one symbol that were answered',
    [],
    counted((counts) => counts.days),
  ),
  counter(
    'backfill_trades_total',
    'Stored trades that were joined to the levels',
    [],
    counted((counts) => counts.trades),
  ),
  counter(
    'backfill_refused_total',
    'Sums of stored trades that could not be joined to the levels',
    [],
    counted((counts) => counts.refused),
  ),
  counter(
    'backfill_gaps_closed_total',
    'Gaps of the ledger that the archive has closed',
    [],
    counted((counts) => counts.gapsClosed),
  ),
  gauge(
    'history_requests',
    'Requests of the present or last history child',
    ['host'],
    ofLanes(({ sent }) => sent),
  ),
  gauge(
    'history_refusals',
    'How often that child was told "too often"',
    ['host'],
    ofLanes(({ refusals }) => refusals),
  ),
  gauge(
    'history_throttle_factor',
    'By how much its pauses are stretched: 1 at best, 5 at most',
    ['host'],
    ofLanes((lane) => lane.throttle_factor),
  ),
  gauge(
    'history_breakers_open',
    'Endpoints that are left alone for a while',
    ['host'],
    ofLanes(({ breakers }) => breakers.filter(({ state }) => state !== 'closed').length),
  ),
  gauge(
    'history_banned',
    '1 while the exchange has shut this address out for history',
    ['host'],
    ofLanes((lane, now) => (bannedUntil(lane, now) === 0 ? 0 : 1)),
  ),
  gauge(
    'history_banned_until_seconds',
    'When that is over: Unix time, 0 while it is not shut out',
    ['host'],
    ofLanes((lane, now) => bannedUntil(lane, now) / 1_000),
  ),
  gauge(
    'history_concurrency',
    'Requests that may be under way at a time now',
    ['host'],
    ofLanes(({ concurrency }) => concurrency),
  ),
  gauge(
    'history_pause_seconds',
    'Between the beginnings of two requests now',
    ['host'],
    ofLanes((lane) => lane.delay_ms / 1_000),
  ),
  gauge(
    'history_access',
    '1 for how history asks: keyed is with a key, which a runner never gives to its child',
    ['access'],
    ({ backfill: { polite } }) => (polite === null ? [] : oneOf('access', accesses, polite.access)),
  ),
];
