/** The data: what came, how fresh it is, what is missing. Only state and freshness are told topic by topic. */
import { type GapEvent, gapCauses } from '../../../shared/events/process-events.ts';
import { historyPolicy } from '../../../shared/history-policy.ts';
import { channels } from '../../../shared/market.ts';
import { isMissedNow } from '../../context/health.ts';
import { subscriptionStates, topicPhases } from '../../context/topic-phase.ts';
import { openSpanOf } from '../../intake/gaps.ts';
import { counter, gauge, type Metric, type Sample, samples, single } from './metric.ts';
import type { Snapshot } from './snapshot.ts';

const { gapsKeptMs } = historyPolicy().backfill;

export const marketMetrics: readonly Metric[] = [
  counter('events_total', 'Trades and books taken in', ['channel'], ({ metrics: { trades, depth } }) =>
    samples('channel', { trades: trades.total, depth: depth.total }),
  ),
  counter(
    'decoded_events_total',
    'Events that could be read, by type; trades that were told again are counted, too',
    ['type'],
    ({ observed }) => samples('type', observed?.events ?? {}),
  ),
  gauge(
    'queue_events',
    'Events that wait in the runner: none, while each is handled as it comes',
    ['channel'],
    ({ metrics: { trades, depth } }) =>
      samples('channel', { trades: trades.queueSize, depth: depth.queueSize }),
  ),
  counter('duplicate_trades_total', 'Trades that were told again and refused', [], ({ metrics }) =>
    single(metrics.counts['duplicates']),
  ),
  counter(
    'line_jumps_total',
    'Jumps of the line number: lines of the connector were lost or doubled, a bug',
    [],
    ({ metrics }) => single(metrics.counts['jumps']),
  ),
  ...topicMetrics(),
  gauge('book_valid', '1 while the book may be used', ['instrument'], ({ books }) =>
    books.map(({ instrument, isValid }) => ({ labels: { instrument }, value: Number(isValid) })),
  ),
  counter('book_checks_total', 'Whole books read from the exchange for a comparison', [], ({ observed }) =>
    single(observed?.meters.bookChecks),
  ),
  counter(
    'book_audits_total',
    "Books held against the exchange's own: `equal` and `different` are proven, `unjoined` proves nothing, `failed` had no answer",
    ['verdict'],
    ({ audit }) => samples('verdict', audit.counts),
  ),
  gauge('book_audit_running', '0 where the connector cannot read books for a comparison', [], ({ audit }) =>
    single(Number(audit.off === null)),
  ),
  ...gapMetrics(),
];

function topicMetrics(): readonly Metric[] {
  return [
    gauge('topics', 'Topics that are wanted', ['channel', 'state'], (of) => topicCounts(of)),
    gauge('topic_phases', 'Topics by what everything else says of them', ['channel', 'phase'], (of) =>
      phaseCounts(of),
    ),
    gauge(
      'topics_stale',
      'Topics that are silent for longer than they should be',
      ['channel'],
      ({ topics }) =>
        byChannel(
          topics.filter(({ stale }) => stale).map(({ topic }) => ({ ...topic, value: 1 })),
          sum,
        ),
    ),
    gauge(
      'topic_oldest_age_seconds',
      'Since the last data of the topic that has been silent for longest, by channel',
      ['channel'],
      ({ topics }) =>
        byChannel(
          topics.map(({ topic, age_ms: ms }) => ({ ...topic, value: (ms ?? 0) / 1000 })),
          Math.max,
        ),
    ),
    gauge('topic_age_seconds', 'Since the last data of a topic', ['topic'], ({ topics }) =>
      topics.flatMap(({ key: topic, age_ms: ms }) =>
        ms === null ? [] : [{ labels: { topic }, value: ms / 1000 }],
      ),
    ),
    gauge('topic_stale', '1 when a topic is silent for longer than it should be', ['topic'], ({ topics }) =>
      topics.map((topic) => ({ labels: { topic: topic.key }, value: Number(topic.stale) })),
    ),
    counter('topic_messages_total', 'Messages of a topic', ['topic'], ({ topics }) =>
      topics.map((topic) => ({ labels: { topic: topic.key }, value: topic.messages })),
    ),
  ];
}

function gapMetrics(): readonly Metric[] {
  return [
    gauge('gaps', 'Spans that we know we did not see, by their state', ['state'], ({ gaps }) =>
      samples('state', gaps),
    ),
    gauge('gaps_by_cause', 'The same, by what caused them', ['cause'], ({ gapList }) => {
      const counts = new Map<string, number>(gapCauses.map((cause) => [cause, 0]));
      for (const { cause } of gapList) counts.set(cause, (counts.get(cause) ?? 0) + 1);
      return samples('cause', counts);
    }),
    counter('gaps_opened_total', 'Gaps ever opened, by connectors and by the runner', [], ({ observed }) =>
      single(observed?.gapCounts.opened),
    ),
    counter(
      'recovered_trades_total',
      'Trades that were missed, fetched and told after all',
      [],
      ({ observed }) => single(observed?.meters.recoveredTrades),
    ),
    gauge(
      'gaps_endless',
      'Topics whose data are being missed at this moment; never of candles and liquidations, whose gaps end long after they flow again',
      ['channel'],
      (of) =>
        byChannel(
          missedNow(of).map(({ channel }) => ({ channel, value: 1 })),
          sum,
        ),
    ),
    gauge(
      'gap_endless_age_seconds',
      'Since when data of such a topic are being missed, of the longest; 0 while none are',
      [],
      (of) => single(oldest(missedNow(of), of.now)),
    ),
    gauge(
      'gap_open_age_seconds',
      'Age of the oldest open gap that something can still close: one of trades with both ends that is not older than 30 days, or one of `gaps_endless`; 0 without one',
      [],
      ({ gapList, now }) =>
        single(
          oldest(
            gapList.filter((gap) => canBeClosed(gap, now)),
            now,
          ),
        ),
    ),
  ];
}

function missedNow({ observed }: Snapshot): readonly GapEvent[] {
  return (observed?.endlessGaps() ?? []).filter(isMissedNow);
}

/**
 * The archive fills in trades between two that are known, of the last weeks. Of other gaps only the end is awaited: what it does not
 * close, nothing will.
 */
function canBeClosed(gap: GapEvent, now: number): boolean {
  if (gap.state !== 'open') return false;
  if (gap.to === null) return isMissedNow(gap);
  const span = gap.channel === 'trades' ? openSpanOf(gap) : undefined;
  return span !== undefined && span.to > now - gapsKeptMs;
}

function oldest(gaps: readonly { readonly at: number }[], now: number): number {
  return gaps.reduce((most, { at }) => Math.max(most, (now - at) / 1000), 0);
}

function topicCounts({ topics }: Snapshot): readonly Sample[] {
  const counts = new Map<string, Sample & { value: number }>();
  for (const { topic, state } of topics) {
    for (const each of subscriptionStates) {
      const key = `${topic.channel} ${each}`;
      const sample = counts.get(key) ?? { labels: { channel: topic.channel, state: each }, value: 0 };
      counts.set(key, { ...sample, value: sample.value + Number(state === each) });
    }
  }
  return [...counts.values()];
}

function phaseCounts({ topics }: Snapshot): readonly Sample[] {
  return channels.flatMap((channel) => {
    const own = topics.filter(({ topic }) => topic.channel === channel);
    if (own.length === 0) return [];
    return topicPhases.map((phase) => ({
      labels: { channel, phase },
      value: own.filter((topic) => topic.phase === phase).length,
    }));
  });
}

function sum(a: number, b: number): number {
  return a + b;
}

/** One sample for each channel that there is, 0 where it has no value. */
function byChannel(
  values: readonly { readonly channel: string; readonly value: number }[],
  unite: (a: number, b: number) => number,
): readonly Sample[] {
  const found = new Map<string, number>(channels.map((channel) => [channel, 0]));
  for (const { channel, value } of values) found.set(channel, unite(found.get(channel) ?? 0, value));
  return samples('channel', found);
}
