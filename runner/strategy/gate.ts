/**
 * The gate that lets signals of strategies out: may what a strategy sees be acted upon?
 *
 * It is open while the connector is ready, every topic that the strategy needs flows (so that its book is valid), none of its
 * trades are being missed, today is known since 00:00 UTC, our clock is near the exchange's, and the ledger of gaps is written. It shuts at once, with a coded
 * reason for each cause; it opens only after all has been well for a while, so that a feed that comes and goes keeps it shut.
 * Pure: facts and time are arguments.
 */
import type { GapEvent } from '../../shared/events/process-events.ts';
import { type Instrument, type Topic, topicKey } from '../../shared/market.ts';
import type { Millis, MonoMs, UnixMs } from '../../shared/time.ts';
import type { TopicPhase, TopicView } from '../context/topic-feed.ts';
import type { StrategyNeed } from './api.ts';

/** Programs rely on them: they are never renamed. docs/strategies.md says what each means. */
export const gateCodes = [
  'connector_not_ready',
  'topic_wanted',
  'topic_awaiting',
  'topic_stale',
  'topic_refused',
  'topic_disconnected',
  'topic_not_subscribed',
  'trades_missing',
  'backfill_unfinished',
  'gap_of_today',
  'history_not_exact',
  'clock_wrong',
  'ledger_failing',
  'settling',
] as const;
export type GateCode = (typeof gateCodes)[number];

export type GateFinding = {
  readonly code: GateCode;
  /** `trades:linear:BTCUSDT`; null when it concerns everything. */
  readonly topic: string | null;
  readonly words: string;
};
export type GateReason = GateFinding & { readonly since: UnixMs };
export type GateState = { readonly open: boolean; readonly reasons: readonly GateReason[] };

export type HistoryFinding = {
  readonly instrument: Instrument;
  readonly code: Extract<GateCode, 'backfill_unfinished' | 'gap_of_today' | 'history_not_exact'>;
  readonly words: string;
};

export type GateFacts = {
  readonly childReady: boolean;
  readonly topics: readonly Pick<TopicView, 'topic' | 'key' | 'phase' | 'stale_reason' | 'refusal'>[];
  readonly endlessGaps: readonly Pick<GapEvent, 'channel' | 'category' | 'symbol' | 'cause'>[];
  /** What of today's trades is not known as it must be. */
  readonly history?: readonly HistoryFinding[];
  /** What is wrong, in words; null while nothing is. */
  readonly clock: string | null;
  readonly ledger: string | null;
};

/** More reasons than this are not told one by one. */
const MOST_REASONS = 50;

const phaseWords: Readonly<Record<Exclude<TopicPhase, 'flowing'>, string>> = {
  wanted: 'its subscription is not acknowledged yet',
  awaiting: 'its snapshot is missing',
  stale: 'its data do not come',
  refused: 'the exchange refused it',
  disconnected: 'no socket carries it',
};

/** What speaks against acting on it now. Without `needs` every topic that is wanted is needed. */
export function findingsOf(facts: GateFacts, needs?: readonly StrategyNeed[]): readonly GateFinding[] {
  if (!facts.childReady)
    return [{ code: 'connector_not_ready', topic: null, words: 'the connector is not ready' }];
  const findings: GateFinding[] = [];
  if (facts.clock !== null) findings.push({ code: 'clock_wrong', topic: null, words: facts.clock });
  if (facts.ledger !== null) findings.push({ code: 'ledger_failing', topic: null, words: facts.ledger });
  const isNeeded = (topic: Topic): boolean => needs === undefined || needs.some((need) => fits(topic, need));
  for (const { topic, key, phase, stale_reason, refusal } of facts.topics) {
    if (phase === 'flowing' || !isNeeded(topic)) continue;
    findings.push({
      code: `topic_${phase}`,
      topic: key,
      words: stale_reason ?? refusal ?? phaseWords[phase],
    });
  }
  for (const gap of facts.endlessGaps) {
    const topic: Topic = { channel: gap.channel, category: gap.category, symbol: gap.symbol };
    if (gap.channel === 'trades' && isNeeded(topic))
      findings.push({ code: 'trades_missing', topic: topicKey(topic), words: `since a gap (${gap.cause})` });
  }
  for (const { instrument, code, words } of facts.history ?? []) {
    const topic: Topic = { channel: 'trades', ...instrument };
    if (isNeeded(topic)) findings.push({ code, topic: topicKey(topic), words });
  }
  for (const need of needs ?? []) {
    if (facts.topics.some(({ topic }) => fits(topic, need))) continue;
    const topic = [need.channel, need.category, need.symbol].filter((part) => part !== undefined).join(':');
    findings.push({ code: 'topic_not_subscribed', topic, words: 'add it to SUBSCRIPTIONS or SYMBOLS' });
  }
  return findings.slice(0, MOST_REASONS);
}

/** Can this gap be a finding? Those of trades can; of whatever else the phase of the topic tells. */
export function speaksAgainst(gap: GapEvent, needs?: readonly StrategyNeed[]): boolean {
  if (gap.channel !== 'trades' || gap.state === 'healed') return false;
  return needs === undefined || needs.some((need) => fits(gap, need));
}

function fits(topic: Topic, need: StrategyNeed): boolean {
  return (
    topic.channel === need.channel &&
    (need.category === undefined || need.category === topic.category) &&
    (need.symbol === undefined || need.symbol === topic.symbol)
  );
}

export class Gate {
  readonly #openAfterMs: Millis;
  #state: GateState = { open: false, reasons: [] };
  #wellSince: MonoMs | undefined;

  constructor(openAfterMs: Millis) {
    this.#openAfterMs = openAfterMs;
  }

  get state(): GateState {
    return this.#state;
  }

  /** Answers true when it opened or shut, or when the reasons are others. `atOnce`: no waiting for all to be well for a while. */
  step(findings: readonly GateFinding[], now: MonoMs, nowMs: UnixMs, atOnce = false): boolean {
    if (findings.length > 0) {
      this.#wellSince = undefined;
      return this.#become({ open: false, reasons: findings.map((finding) => this.#since(finding, nowMs)) });
    }
    if (this.#state.open) return false;
    this.#wellSince ??= now;
    if (atOnce || now - this.#wellSince >= this.#openAfterMs)
      return this.#become({ open: true, reasons: [] });
    const words = `all is well; it opens when that has lasted for ${this.#openAfterMs} ms`;
    return this.#become({
      open: false,
      reasons: [this.#since({ code: 'settling', topic: null, words }, nowMs)],
    });
  }

  #since(finding: GateFinding, nowMs: UnixMs): GateReason {
    const before = this.#state.reasons.find((reason) => isSame(reason, finding));
    return { ...finding, since: before?.since ?? nowMs };
  }

  #become(next: GateState): boolean {
    const { open, reasons } = this.#state;
    this.#state = next;
    const isEqual =
      reasons.length === next.reasons.length && reasons.every((one, at) => isSame(one, next.reasons[at]));
    return open !== next.open || !isEqual;
  }
}

function isSame(a: GateFinding, b: GateFinding | undefined): boolean {
  return a.code === b?.code && a.topic === b.topic;
}
