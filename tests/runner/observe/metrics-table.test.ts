/** What a scrape says of a runner in which everything happens, and that it is what docs/metrics.md promises. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { openMetricsContentType, prometheusContentType, type RegistryContentType } from 'prom-client';
import { metricsPage } from '../../../runner/api/metrics-text.ts';
import { metricsMarkdown } from '../../../runner/observe/metrics/markdown.ts';
import { allMetrics } from '../../../runner/observe/metrics/table.ts';
import type { GapEvent } from '../../../shared/events/process-events.ts';
import type { Topic } from '../../../shared/market.ts';
import { bitcoin, type RunnerWorld, tradesTopic } from '../../helpers/runner-world.ts';
import { busyWorld } from './busy-world.ts';

const root = path.resolve(import.meta.dirname, '../../..');

function scrape(world = busyWorld(), contentType: RegistryContentType = prometheusContentType) {
  return metricsPage(world.ports, () => ({ clients: 1, skippedUpdates: 7 }), contentType).text();
}

function assertLines(text: string, lines: readonly string[]): void {
  for (const line of lines) assert.ok(text.split('\n').includes(line), `${line}\n\nis not in\n\n${text}`);
}

test('the hops are a histogram in seconds, with every bucket, the sum and the count', async () => {
  const text = await scrape();
  const of = 'hop="child_to_runner",channel="trades"';
  assertLines(text, [
    '# TYPE towline_hop_seconds histogram',
    `towline_hop_seconds_bucket{${of},le="0.001"} 0`,
    `towline_hop_seconds_bucket{${of},le="0.0025"} 1`,
    `towline_hop_seconds_bucket{${of},le="+Inf"} 1`,
    `towline_hop_seconds_sum{${of}} 0.002`,
    `towline_hop_seconds_count{${of}} 1`,
    'towline_hop_seconds_count{hop="runner_to_strategy",channel="all"} 0',
    `towline_hop_negative_total{${of}} 0`,
  ]);
});

test('sockets are summed by category, and the clock is told with its error', async () => {
  assertLines(await scrape(), [
    'towline_sockets{category="linear",state="open"} 2',
    'towline_socket_reconnects_total{category="linear"} 3',
    'towline_socket_frames_total{category="linear"} 190',
    'towline_socket_bad_frames_total{category="linear"} 2',
    'towline_socket_topics{category="linear"} 4',
    'towline_socket_first_trades_total{category="linear"} 100',
    'towline_socket_only_trades_total{category="linear"} 4',
    'towline_connector_clock_offset_seconds{connector="bybit"} -0.0125',
    'towline_connector_clock_error_seconds{connector="bybit"} 0.004',
    'towline_connector_child_queue_bytes{connector="bybit"} 900',
    'towline_connector_dropped_trades_total{connector="bybit"} 6',
    'towline_connector_silence_questions_total{connector="bybit"} 9',
    'towline_connector_silence_confirmed_total{connector="bybit"} 2',
    'towline_connector_silence_withheld_total{connector="bybit"} 7',
    'towline_connector_trades_audited_total{connector="bybit"} 11',
    'towline_connector_trades_left_out_total{connector="bybit"} 4',
  ]);
});

test('what a socket has counted stays counted when it is closed for good, which is no lost connection', async () => {
  const world = busyWorld();
  const kept = { category: 'linear', url: 'ws://127.0.0.1:1/linear', state: 'open' };
  const second = {
    ...kept,
    socket: 1,
    reconnects: 2,
    frames: 95,
    bad_frames: 1,
    topics: 4,
    first_trades: 41,
  };
  const closed = { scope: 'public', category: 'linear', socket: 0, retired: true } as const;
  const beat = { type: 'status', status: 'heartbeat' };
  world.say({ type: 'status', status: 'disconnected', ...closed, reason: 'closed: it carries no topic' });
  world.say({ ...beat, sockets: [second] }, beat);
  const counted = [
    'towline_socket_reconnects_total{category="linear"} 3',
    'towline_socket_frames_total{category="linear"} 195',
    'towline_socket_bad_frames_total{category="linear"} 3',
    'towline_socket_first_trades_total{category="linear"} 101',
    'towline_connector_reconnects_total{connector="bybit"} 0',
  ];
  assertLines(await scrape(world), counted);
  world.say({ ...beat, sockets: [second] });
  assertLines(await scrape(world), [...counted, 'towline_sockets{category="linear",state="open"} 1']);
  world.say({ type: 'status', status: 'disconnected', scope: 'public', category: 'linear', socket: 1 });
  assertLines(await scrape(world), ['towline_connector_reconnects_total{connector="bybit"} 1']);
  world.die();
  world.connect().say({ ...beat, sockets: [{ ...second, frames: 5 }] });
  assertLines(await scrape(world), ['towline_socket_frames_total{category="linear"} 5']);
});

test('gaps are told by state, by cause and by age, and freshness by channel', async () => {
  const world = busyWorld();
  world.say({ type: 'status', status: 'stale', ...tradesTopic, reason: 'nothing for 90 s' });
  assertLines(await scrape(world), [
    'towline_gaps{state="open"} 1',
    'towline_gaps_by_cause{cause="socket_lost"} 1',
    'towline_gaps_by_cause{cause="overload"} 0',
    'towline_gaps_opened_total 1',
    'towline_gaps_endless{channel="trades"} 1',
    'towline_gaps_endless{channel="depth"} 0',
    'towline_gap_endless_age_seconds 90.0125',
    'towline_gap_open_age_seconds 90.0125',
    'towline_topics_stale{channel="trades"} 1',
    'towline_topic_oldest_age_seconds{channel="trades"} 90',
    'towline_topics{channel="trades",state="subscribed"} 1',
    'towline_topics{channel="trades",state="refused"} 0',
    'towline_duplicate_trades_total 1',
    'towline_decoded_events_total{type="trade"} 2',
  ]);
});

const seldom = { channel: 'liquidation', ...bitcoin } as const;
const candles = { channel: 'kline', ...bitcoin, interval: '1' } as const;
const ether = { channel: 'trades', category: 'linear', symbol: 'ETHUSDT' } as const;

/** A busy world with gaps that are an hour old, besides the one of trades that has no end and is told for 90 s. */
function withOlder(...gaps: readonly (Topic & Partial<GapEvent>)[]): RunnerWorld {
  const world = busyWorld(seldom, candles, ether);
  const at = world.clock.unixMs() - 3_600_000;
  const told = { type: 'gap', state: 'open', cause: 'socket_lost', from: null, to: null, at } as const;
  for (const [index, gap] of gaps.entries()) world.say({ ...told, gap_id: `older-${index}`, ...gap });
  return world;
}

test('what is told seldom is not missed at this moment, however long its gap has no end', async () => {
  assertLines(await scrape(withOlder(seldom, candles)), [
    'towline_gaps{state="open"} 3',
    'towline_gaps_endless{channel="trades"} 1',
    'towline_gaps_endless{channel="liquidation"} 0',
    'towline_gaps_endless{channel="kline"} 0',
    'towline_gap_endless_age_seconds 90.0125',
    'towline_gap_open_age_seconds 90.0125',
  ]);
});

test('of open gaps that have an end the age is of those that something can still close', async () => {
  const now = busyWorld().clock.unixMs();
  const day = 86_400_000;
  const from = { id: '1', timestamp: now - 3 * day };
  const to = { id: '2', timestamp: now - 2 * day };
  const old = { from: { id: '3', timestamp: now - 40 * day }, to: { id: '4', timestamp: now - 31 * day } };
  assertLines(await scrape(withOlder({ ...ether, to }, { ...ether, ...old }, { ...candles, from, to })), [
    'towline_gaps{state="open"} 4',
    'towline_gap_open_age_seconds 90.0125',
  ]);
  assertLines(await scrape(withOlder({ ...ether, from, to })), ['towline_gap_open_age_seconds 3600.0125']);
});

test('what the child said is counted by name, and codes that it invents are one', async () => {
  assertLines(await scrape(), [
    'towline_connector_error_codes_total{code="bad_frame"} 1',
    'towline_connector_error_codes_total{code="other"} 1',
    'towline_connector_statuses_total{status="subscribed"} 2',
    'towline_connector_state{connector="bybit",state="ready"} 1',
    'towline_connector_state{connector="bybit",state="held"} 0',
  ]);
});

test('each check of health and each state of a strategy is 0 or 1', async () => {
  const text = await scrape();
  assertLines(text, [
    'towline_health_check{check="child"} 1',
    'towline_health_check{check="gaps_ended"} 0',
    'towline_strategy_state{strategy="slow",state="running"} 1',
    'towline_strategy_state{strategy="slow",state="disabled"} 0',
    'towline_strategy_lag_seconds{strategy="slow"} 0.339',
    'towline_strategy_dropped_events_total{strategy="slow"} 12',
  ]);
});

test('every metric of the table has a sample where everything happens, and a name by the conventions', async () => {
  const text = await scrape();
  for (const { kind, name, help, labels } of allMetrics) {
    assert.match(text, new RegExp(`^${name}(\\{| )`, 'm'), `${name} has no sample`);
    assert.match(name, /^towline_[a-z][a-z0-9_]*$/);
    assert.equal(name.endsWith('_total'), kind === 'counter', `${name} is a ${kind}`);
    assert.ok(!/_(ms|millis|percent|mb)(_|$)/.test(name), `${name} is not in a base unit`);
    assert.ok(help.length > 0 && !help.endsWith('.') && !help.includes('|'), `${name}: ${help}`);
    const [sample = ''] = new RegExp(`^${name}.*$`, 'm').exec(text) ?? [];
    const told = [...sample.matchAll(/([a-z_]+)="/g)].map(({ 1: label }) => label);
    assert.deepEqual(told, [...labels], `${name} has the labels that it declares`);
  }
});

test('a shut-out of history is over when it is over, though the child that told it said nothing since', async () => {
  const world = busyWorld();
  const until = 1_785_600_630_500;
  world.clock.setWall(until - 1_000 - world.clock.unixMs());
  assertLines(await scrape(world), ['towline_history_banned{host="archive"} 1']);
  world.clock.setWall(1_000);
  assertLines(await scrape(world), [
    'towline_history_banned{host="archive"} 0',
    'towline_history_banned_until_seconds{host="archive"} 0',
  ]);
});

test('how far history was fetched is told, and how politely', async () => {
  assertLines(await scrape(), [
    'towline_backfill_state{status="in_progress"} 1',
    'towline_backfill_state{status="complete"} 0',
    'towline_history_requests{host="rest"} 9',
    'towline_history_throttle_factor{host="archive"} 1.5',
    'towline_history_breakers_open{host="rest"} 1',
    'towline_history_banned{host="rest"} 0',
    'towline_history_banned_until_seconds{host="rest"} 0',
    'towline_history_banned{host="archive"} 1',
    'towline_history_banned_until_seconds{host="archive"} 1785600630.5',
    'towline_history_concurrency{host="rest"} 4',
    'towline_history_pause_seconds{host="rest"} 0.075',
    'towline_history_access{access="public"} 1',
    'towline_history_access{access="keyed"} 0',
  ]);
});

test('the audit of books is told by verdict, and whether there is one', async () => {
  const world = busyWorld();
  assertLines(await scrape(world), [
    'towline_book_audits_total{verdict="equal"} 0',
    'towline_book_audits_total{verdict="different"} 0',
    'towline_book_audit_running 1',
  ]);
});

test('what waits for the disk, what was given up, and dumps are told', async () => {
  assertLines(await scrape(), [
    // The gap: there is no store in this world that takes it.
    'towline_ledger_waiting_changes 1',
    'towline_ledger_dropped_changes_total 0',
    'towline_dumps_total 3',
    'towline_dumps_suppressed_total 4',
    'towline_disk_free_bytes 5000000000',
  ]);
});

test('what is recorded of trades is told, and why it is not', async () => {
  assertLines(await scrape(), [
    'towline_recording_state{state="recording"} 1',
    'towline_recording_state{state="slow_disk"} 0',
    'towline_recording_trades_total 70',
    'towline_recording_waiting_trades 2',
    'towline_recording_dropped_trades_total{cause="failed"} 5',
    'towline_recording_kept_bytes 12000',
  ]);
});

test('OpenMetrics has the same samples and ends with its mark', async () => {
  const samples = (text: string) => text.split('\n').filter((line) => !line.startsWith('#') && line !== '');
  const open = await scrape(busyWorld(), openMetricsContentType);
  assert.deepEqual(samples(open), samples(await scrape()));
  assert.ok(open.endsWith('\n# EOF\n'));
  assert.ok(open.includes('# TYPE towline_hop_negative counter\n'));
});

test('docs/metrics.md is what the tables say', () => {
  const page = readFileSync(path.join(root, 'docs/metrics.md'), 'utf8');
  const cure =
    'it is stale: node -e "import(\'./runner/observe/metrics/markdown.ts\').then(({ metricsMarkdown }) => process.stdout.write(metricsMarkdown()))" > docs/metrics.md';
  assert.ok(page === metricsMarkdown(), cure);
});
