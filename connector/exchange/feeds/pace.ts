/**
 * How many order steps are due: the market's clock, apart from what the steps do.
 *
 * In natural mode every market has its own pace, Poisson around a mean that itself wanders between calm and bustle, so
 * that bursts come as they do in life. In driven mode (`--rate`) markets with subscribers step in turn until the wanted
 * number of frames a second has been made; a debt older than a quarter of a second is forgiven, or a stalled process
 * would answer with an avalanche. Busy markets get more of those turns than quiet ones. Both only decide when, never what: the seed's history stays the same.
 */

import type { Random } from '../market/random.ts';
import type { Listing } from './listing.ts';
import type { Feed } from './topics.ts';
import { hasSubscribers } from './topics.ts';

/** Steps of one turn at most, so that a rate without listeners to match cannot hang the process. */
const STEPS_MOST = 20_000;
/** Debt of frames that is still worked off, as a time. */
const DEBT_MOST_MS = 250;

/** Performs one step of a market and says how many frames it made. */
export type StepFeed = (feed: Feed) => number;

/** How `--rate` is spread over the markets that are listened to: a few busy ones and many quiet ones, or all alike. */
export type Spread = 'natural' | 'equal';

/** Decides when markets step. */
export class Pace {
  /** Frames a second over all topics; undefined is natural mode. */
  framesPerSecond: number | undefined;
  private readonly spread: Spread;
  private readonly random: Random;
  private debt = 0;
  private turn = 0;
  /** The markets that are driven, in the order of their turns; a busy one comes up to forty times. */
  private schedule: readonly Feed[] = [];
  private scheduledRevision = -1;

  constructor(framesPerSecond: number | undefined, spread: Spread, random: Random) {
    this.framesPerSecond = framesPerSecond;
    this.spread = spread;
    this.random = random;
  }

  /** Lets markets step for the `elapsed` ms that have passed. */
  run(listing: Listing, elapsed: number, step: StepFeed): void {
    const rate = this.framesPerSecond;
    if (rate === undefined) {
      for (const feed of listing.trading) this.stepNaturally(feed, elapsed, step);
      return;
    }
    if (listing.revision !== this.scheduledRevision) this.makeSchedule(listing);
    for (const feed of listing.trading) if (!feed.isDriven) this.stepNaturally(feed, elapsed, step);
    this.drive(rate, elapsed, step);
  }

  /** Counts frames that were made by the clock towards the wanted rate. */
  countFrames(frames: number): void {
    if (this.framesPerSecond !== undefined)
      this.debt = Math.max(this.debt - frames, (-this.framesPerSecond * DEBT_MOST_MS) / 1000);
  }

  private makeSchedule(listing: Listing): void {
    this.scheduledRevision = listing.revision;
    for (const feed of listing.feeds) feed.isDriven = false;
    const driven = listing.trading.filter((feed) => !feed.instrument.quiet && hasSubscribers(feed));
    for (const feed of driven) feed.isDriven = true;
    this.schedule = interleaved(driven, (feed) => (this.spread === 'equal' ? 1 : feed.instrument.share));
    this.turn = 0;
  }

  private stepNaturally(feed: Feed, elapsed: number, step: StepFeed): void {
    if (this.random.fraction() < elapsed / 800)
      feed.bustle = this.random.exponential() * this.random.exponential();
    const mean = (feed.instrument.stepsPerSecond * elapsed * Math.min(8, feed.bustle)) / 1000;
    for (let left = poisson(mean, this.random); left > 0; left -= 1) step(feed);
  }

  private drive(rate: number, elapsed: number, step: StepFeed): void {
    const { schedule } = this;
    if (schedule.length === 0) {
      this.debt = 0;
      return;
    }
    this.debt = Math.min(this.debt + (rate * elapsed) / 1000, (rate * DEBT_MOST_MS) / 1000);
    for (let steps = 0; this.debt >= 1 && steps < STEPS_MOST; steps += 1) {
      this.turn = (this.turn + 1) % schedule.length;
      const feed = schedule[this.turn];
      if (feed !== undefined) this.debt -= step(feed);
    }
  }
}

/** Each feed as often as its share, spread evenly; with equal shares, one after the other. */
function interleaved(feeds: readonly Feed[], shareOf: (feed: Feed) => number): readonly Feed[] {
  const turns: { readonly feed: Feed; readonly at: number }[] = [];
  for (const feed of feeds) {
    const share = shareOf(feed);
    for (let turn = 0; turn < share; turn += 1) turns.push({ feed, at: (turn + 0.5) / share });
  }
  return turns.sort((one, other) => one.at - other.at).map(({ feed }) => feed);
}

/** A number with the Poisson distribution; from a mean of 30 on by the normal approximation. */
function poisson(mean: number, random: Random): number {
  if (mean > 30) {
    const normal =
      Math.sqrt(-2 * Math.log(1 - random.fraction())) * Math.cos(2 * Math.PI * random.fraction());
    return Math.max(0, Math.round(mean + normal * Math.sqrt(mean)));
  }
  let count = -1;
  for (let waited = 0; waited <= mean; waited += random.exponential()) count += 1;
  return count;
}
