/**
 * What the learned limit is worth over a simulated day: false alarms of healthy topics, and how soon a mute one is named.
 *
 * Everything is drawn from a seed. A topic is judged as the connector does it: by `FeedPulse`, ten times a second, with
 * another topic on its socket; so a stall of the link or a pause of our own holds back both.
 */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { FeedPulse } from '../../connector/session/silence/feed-pulse.ts';
import { Freshness, type FreshnessPolicy } from '../../shared/freshness.ts';
import type { Topic } from '../../shared/market.ts';
import { scaledPolicy } from '../../shared/policy.ts';
import { monoMs, type Random } from '../../shared/time.ts';

const { depth, other } = scaledPolicy(1).freshness;
const DAY_MS = 86_400_000;
const trades: Topic = { channel: 'trades', category: 'linear', symbol: 'BTCUSDT' };
const book: Topic = { channel: 'depth', category: 'linear', symbol: 'BTCUSDT', depth: 50 };

/** Mulberry32: good enough for arrivals, and the same on every machine. */
function seeded(seed: number): Random {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** The pause before the next arrival, ms. */
type Process = (now: number, random: Random) => number;

const atRandom =
  (meanMs: number): Process =>
  (_now, random) =>
    -Math.log(1 - random()) * meanMs;
/** Pushed on a grid, some steps left out since nothing had changed. */
const pushed =
  (stepMs: number): Process =>
  (_now, random) => {
    let pause = stepMs;
    while (random() < 0.1) pause += stepMs;
    return pause * (0.95 + 0.1 * random());
  };
/** Some twenty within a moment, then a lull. */
const inBursts =
  (lullMs: number): Process =>
  (_now, random) =>
    random() < 0.95 ? 20 * random() : -Math.log(1 - random()) * lullMs;
/** Twenty times as many at noon as at midnight. */
const byDay =
  (noonMeanMs: number): Process =>
  (now, random) =>
    -Math.log(1 - random()) * noonMeanMs * Math.sqrt(20) ** (1 + Math.cos((2 * Math.PI * now) / DAY_MS));

/**
 * How often a topic that is well is called mute within a day, if others vouch for the link all the time: the
 * worst case. Each day begins without knowledge; bursts show their lulls only after one or two alarms.
 */
function alarmsOfADay(process: Process, policy: FreshnessPolicy, seed: number): number {
  const random = seeded(seed);
  const topic = new Freshness(policy);
  let alarms = 0;
  for (let now = 0; now < DAY_MS; ) {
    now += process(now, random);
    if (topic.isMissed(monoMs(now)) || topic.isStale(monoMs(now))) {
      alarms += 1;
      topic.calledStale();
      topic.interrupted();
    }
    topic.seen(monoMs(now));
  }
  return alarms;
}

const healthy: readonly {
  name: string;
  process: Process;
  days: number;
  most: number;
  of?: FreshnessPolicy;
}[] = [
  { name: 'one an hour', process: atRandom(3_600_000), days: 500, most: 0 },
  { name: 'one in ten minutes', process: atRandom(600_000), days: 200, most: 1 },
  { name: 'one a minute', process: atRandom(60_000), days: 100, most: 1 },
  { name: 'one in ten seconds', process: atRandom(10_000), days: 40, most: 1 },
  { name: 'one a second', process: atRandom(1_000), days: 10, most: 2 },
  { name: 'five a second', process: atRandom(200), days: 5, most: 5 },
  { name: 'a hundred a second', process: atRandom(10), days: 1, most: 0 },
  { name: 'bursts with lulls of 5 s', process: inBursts(5_000), days: 5, most: 10 },
  { name: 'bursts with lulls of a minute', process: inBursts(60_000), days: 20, most: 50 },
  { name: 'one a second at noon, a twentieth of it at night', process: byDay(1_000), days: 10, most: 4 },
  { name: 'five a second at noon, a twentieth of it at night', process: byDay(200), days: 5, most: 5 },
  { name: 'a book pushed each 100 ms', process: pushed(100), days: 2, most: 0, of: depth },
];

for (const { name, process, days, most, of = other } of healthy) {
  test(`of ${name}, at most ${most} false alarms in ${days} simulated days`, (t) => {
    let alarms = 0;
    for (let day = 0; day < days; day += 1) alarms += alarmsOfADay(process, of, 1_000 + day);
    t.diagnostic(`${alarms} false alarms in ${days} days of ${name}`);
    assert.ok(alarms <= most, `${alarms} false alarms`);
  });
}

/** Two topics of one socket, judged ten times a second. What a stall holds back comes when it is over. */
class Socket {
  readonly #random: Random;
  readonly #topics: readonly { readonly pulse: FeedPulse; readonly process: Process; next: number }[];
  now = 0;
  stalledUntil = 0;
  readonly alarms: string[] = [];
  isMute = false;

  constructor(seed: number, subject: Process, companion: Process) {
    this.#random = seeded(seed);
    const emit = (): void => undefined;
    this.#topics = [
      { pulse: new FeedPulse(trades, other, emit), process: subject, next: 0 },
      { pulse: new FeedPulse(book, depth, emit), process: companion, next: 0 },
    ];
  }

  /** Lets time pass; answers after how long the first topic was called stale. */
  pass(ms: number): number | undefined {
    const begun = this.now;
    const end = begun + ms;
    while (this.now < end) {
      this.now += 100;
      if (this.now < this.stalledUntil) continue;
      this.#deliver();
      const [first] = this.#judge();
      if (first) return this.now - begun;
    }
    return undefined;
  }

  #deliver(): void {
    for (const [index, topic] of this.#topics.entries()) {
      while (topic.next <= this.now) {
        const isLost = index === 0 && this.isMute;
        if (!isLost) topic.pulse.arrived(monoMs(Math.max(topic.next, this.stalledUntil)));
        topic.next += topic.process(topic.next, this.#random);
      }
    }
  }

  #judge(): readonly boolean[] {
    return this.#topics.map(({ pulse }) => {
      const fell = pulse.fellSilent(monoMs(this.now));
      if (fell) {
        this.alarms.push(pulse.topic.channel);
        pulse.renewing();
      }
      return fell;
    });
  }
}

test('link stalls and pauses of our own of up to 4 s raise no alarm in a day, of books and trades', (t) => {
  const socket = new Socket(7, atRandom(100), pushed(100));
  const random = seeded(8);
  for (let at = 0; at < DAY_MS; at += 600_000) {
    socket.pass(600_000);
    socket.stalledUntil = socket.now + 500 + 3_500 * random();
  }
  t.diagnostic(`${socket.alarms.length} false alarms in a day with 144 stalls`);
  assert.deepEqual(socket.alarms, []);
});

test('in the first minute of 500 topics that come in bursts, with lulls of 0.5 to 4 s, at most 40 false alarms by silence alone', (t) => {
  let alarms = 0;
  for (let seed = 1; seed <= 500; seed += 1) {
    const socket = new Socket(seed, inBursts(500 + 7 * seed), pushed(100));
    socket.pass(60_000);
    alarms += socket.alarms.length;
  }
  t.diagnostic(`${alarms} false alarms`);
  // Without caution there are some 240.
  assert.ok(alarms <= 40, `${alarms}`);
});

/** `watchedMs`: for so long before the first fault. What comes at random has to be watched for longer than what is regular. */
const busy: readonly { name: string; process: Process; watchedMs?: number }[] = [
  { name: 'pushed each 20 ms', process: pushed(20) },
  { name: 'pushed each 100 ms', process: pushed(100) },
  { name: 'pushed each 200 ms', process: pushed(200) },
  { name: 'at random, 50 a second', process: atRandom(20) },
  { name: 'at random, 10 a second', process: atRandom(100), watchedMs: 120_000 },
];

for (const { name, process, watchedMs = 40_000 } of busy) {
  test(`a topic ${name} that goes mute is named within 3 s, also the fourth time`, (t) => {
    const took: number[] = [];
    for (let seed = 1; seed <= 25; seed += 1) {
      const socket = new Socket(seed, process, pushed(100));
      socket.pass(watchedMs + 300_000 * ((seed % 5) / 5));
      for (let episode = 1; episode <= 4; episode += 1) {
        socket.isMute = true;
        took.push(socket.pass(60_000) ?? Number.POSITIVE_INFINITY);
        socket.pass(30_000);
        socket.isMute = false;
        socket.pass(60_000 + seed);
      }
    }
    took.sort((a, b) => a - b);
    const at = (part: number): number => took[Math.min(took.length - 1, Math.floor(part * took.length))] ?? 0;
    t.diagnostic(
      `named after ${at(0.5)} ms (half), ${at(0.9)} ms (nine in ten), ${at(1)} ms (the slowest of ${took.length})`,
    );
    assert.ok(at(1) <= 3_000, `${at(1)} ms`);
  });
}

const recording = path.join(import.meta.dirname, '../../../shared/data/recorded/linear-2026-08-09.jsonl');

test('no topic of a recorded mainnet socket is called mute', {
  skip: existsSync(recording) ? false : 'the recording is not here (it is not ours to publish)',
}, (t) => {
  const topics = new Map<string, Freshness>();
  const limits = new Map<string, number>();
  for (const line of readFileSync(recording, 'utf8').trim().split('\n')) {
    const { t: kind, at, frame } = JSON.parse(line) as { t: string; at: number; frame: string };
    const { topic: name } = kind === 'recv' ? (JSON.parse(frame) as { topic?: string }) : {};
    if (name === undefined) continue;
    const now = monoMs(at / 1_000);
    const topic = topics.get(name) ?? new Freshness(name.startsWith('orderbook') ? depth : other);
    topics.set(name, topic);
    assert.equal(topic.isStale(now) || topic.isMissed(now), false, name);
    topic.seen(now);
    if (topic.isPaceKnown) limits.set(name, Math.round(topic.limitMs() ?? 0));
  }
  t.diagnostic(JSON.stringify(Object.fromEntries(limits)));
  assert.ok(limits.size >= 8, `the pace of ${limits.size} topics is known`);
});
