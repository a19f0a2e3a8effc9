/** Everything that says something of the topics' phases, asked at the same moment and held against each other. */
import assert from 'node:assert/strict';
import type { TopicPayload } from '../../../runner/api/connector-payloads.ts';
import { update } from '../../../runner/api/live-sections.ts';
import type { LiveTopics } from '../../../runner/api/live-topics.ts';
import type { HealthPayload, ReadinessPayload } from '../../../runner/api/payloads.ts';
import { presentHealth, presentReadiness, presentWsHealth } from '../../../runner/api/present-health.ts';
import { subscriptionOf, type TopicPhase } from '../../../runner/context/topic-phase.ts';
import { gateSources } from '../../../runner/gate-sources.ts';
import { snapshotOf } from '../../../runner/observe/metrics/snapshot.ts';
import { allMetrics } from '../../../runner/observe/metrics/table.ts';
import { findingsOf, type GateFinding } from '../../../runner/strategy/gate.ts';
import { bitcoin, type RunnerWorld } from '../../helpers/runner-world.ts';

type Told = Pick<TopicPayload, 'topic' | 'phase' | 'reason'>;

/** One of a world, since the gate remembers the topics from one look to the next. */
export class PhaseOutputs {
  readonly #world: RunnerWorld;
  readonly #gate: ReturnType<typeof gateSources>;

  constructor(world: RunnerWorld) {
    this.#world = world;
    this.#gate = gateSources(
      world.app,
      world.clock.unixMs,
      () => true,
      () => undefined,
      () => [],
    );
  }

  agree(): void {
    const { ports } = this.#world;
    // First, as in the runner: what it remembers must be true also when nobody else has looked.
    const findings = this.#findings();
    const wsHealth = presentWsHealth(ports);
    const shown = [wsHealth.trades, wsHealth.depth, wsHealth.ticker].flatMap(
      (channel) => channel?.topics ?? [],
    );
    const health = presentHealth(ports.health());
    const readiness = presentReadiness(ports.readiness());
    assert.equal(shown.length, this.#world.app.context.topics(this.#world.clock.monoMs()).length);
    for (const one of shown) this.#agreeOn(one, health, readiness);
    const isFlowing = (topic: string): boolean =>
      shown.some((one) => one.topic === topic && one.phase === 'flowing');
    const dataFlow = health.checks.find(({ name }) => name === 'data_flow');
    assert.equal(
      dataFlow?.reason === null,
      shown.some(({ phase }) => phase === 'flowing'),
    );
    assert.equal(ports.book(bitcoin)?.valid ?? false, isFlowing('depth.50:linear:BTCUSDT'), 'the book');
    assert.equal(ports.ticker(bitcoin)?.valid ?? false, isFlowing('ticker:linear:BTCUSDT'), 'the ticker');
    gateAgrees(findings, shown);
    gateAgrees(this.#findings(), shown);
    metricAgrees(this.#world, shown);
    pageAgrees(this.#world, shown, health, readiness);
  }

  /** As the gate of the strategies is judged, ten times a second. */
  #findings(): readonly GateFinding[] {
    return findingsOf(this.#gate.facts(this.#world.clock.monoMs()));
  }

  #agreeOn(one: TopicPayload, health: HealthPayload, { missing, refused }: ReadinessPayload): void {
    const { topic: key, phase, state, connected, stale } = one;
    assert.equal(state, subscriptionOf[phase]);
    assert.equal(connected, ['awaiting', 'flowing', 'stale'].includes(phase), `${key} ${phase}`);
    assert.equal(stale, phase === 'stale' || phase === 'disconnected');
    assert.equal(missing.includes(`snapshot of ${key}`), phase === 'awaiting');
    assert.equal(missing.includes(`acknowledgement of ${key}`), ['wanted', 'disconnected'].includes(phase));
    assert.equal(
      refused.some(({ topic }) => topic === key),
      phase === 'refused',
    );
    const reasons = new Map(health.checks.map(({ name, reason }) => [name, reason]));
    const named = (check: string): boolean => reasons.get(check)?.includes(`${key} `) ?? false;
    assert.equal(named('topics_accepted'), phase === 'refused');
    if (phase === 'stale') assert.equal(named('topics_fresh'), true);
  }
}

/** The gate names what does not flow, with the same reason, and nothing else. */
function gateAgrees(findings: readonly GateFinding[], shown: readonly Told[]): void {
  assert.deepEqual(
    findings
      .filter(({ code }) => code.startsWith('topic_'))
      .map(({ topic, code }) => `${topic} ${code}`)
      .toSorted(),
    shown
      .filter(({ phase }) => phase !== 'flowing')
      .map(({ topic, phase }) => `${topic} topic_${phase}`)
      .toSorted(),
    'the gate',
  );
  for (const { topic, reason } of shown) {
    const words = findings.find((one) => one.topic === topic && one.code.startsWith('topic_'))?.words;
    if (reason !== null) assert.equal(words, reason, `what the gate says of ${topic}`);
  }
}

function metricAgrees({ ports }: RunnerWorld, shown: readonly TopicPayload[]): void {
  const metric = allMetrics.find(({ name }) => name === 'towline_topic_phases');
  const snapshot = snapshotOf(ports, () => ({ clients: 0, skippedUpdates: 0 }));
  const counted = (metric?.read(snapshot) ?? [])
    .filter(({ value }) => value > 0)
    .map(({ labels, value }) => `${labels['channel']} ${labels['phase']} ${value}`);
  const counts = new Map<string, number>();
  for (const { channel, phase } of shown)
    counts.set(`${channel} ${phase}`, (counts.get(`${channel} ${phase}`) ?? 0) + 1);
  assert.deepEqual(
    counted.toSorted(),
    [...counts].map(([name, count]) => `${name} ${count}`).toSorted(),
    'the metric',
  );
}

function pageAgrees(
  { ports }: RunnerWorld,
  shown: readonly Told[],
  health: HealthPayload,
  { ready, missing }: ReadinessPayload,
): void {
  const view = { instrument: bitcoin, topics: { words: '', page: 1 } };
  const message = update(ports, view, ['health']);
  const { own, phases } = message['topics'] as LiveTopics;
  const told = ({ topic, phase, reason }: Told): string => `${topic} ${phase} ${reason}`;
  assert.deepEqual(own.map(told).toSorted(), shown.map(told).toSorted(), 'the page');
  const counted = (phase: TopicPhase): number => shown.filter((one) => one.phase === phase).length;
  for (const phase of Object.keys(phases) as TopicPhase[]) assert.equal(phases[phase], counted(phase));
  assert.deepEqual(message['health'], health);
  assert.equal((message['readiness'] as ReadinessPayload).ready, ready);
  assert.deepEqual((message['readiness'] as ReadinessPayload).missing, missing);
}
