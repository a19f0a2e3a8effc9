/**
 * How many order steps are due: the market's clock, apart from what the steps do.
 *
 * In natural mode every market has its own pace, Poisson around a mean that itself wanders between calm and bustle, so
 * that bursts come as they do in life. In driven mode (`--rate`) markets with subscribers step in turn until the wanted
 * number of frames a second has been made; a debt older than a quarter of a second is forgiven, or a stalled process
 * would answer with an avalanche. Both only decide when, never what: the seed's history stays the same.
 */
import type { Random } from './random.ts';
import type { Feed } from './topics.ts';
import { hasSubscribers } from './topics.ts';

/** Steps of one turn at most, so that a rate without listeners to match cannot hang the process. */
const STEPS_MOST = 20_000;
/** Debt of frames that is still worked off, as a time. */
const DEBT_MOST_MS = 250;

/** Performs one step of a market and says how many frames it made. */
export type StepFeed = (feed: Feed) => number;

/** Decides when markets step. */
export class Pace {
  /** Frames a second over all topics; undefined is natural mode. */
  framesPerSecond: number | undefined;
  private readonly random: Random;
  private debt = 0;
  private turn = 0;

  constructor(framesPerSecond: number | undefined, random: Random) {
    this.framesPerSecond = framesPerSecond;
    this.random = random;
  }

  /** Lets markets step for the `elapsed` ms that have passed. */
  run(feeds: readonly Feed[], elapsed: number, step: StepFeed): void {
    const rate = this.framesPerSecond;
    const driven =
      rate === undefined ? [] : feeds.filter((feed) => !feed.instrument.quiet && hasSubscribers(feed));
    for (const feed of feeds) {
      if (!driven.includes(feed)) this.stepNaturally(feed, elapsed, step);
    }
    if (rate !== undefined) this.drive(driven, rate, elapsed, step);
  }

  private stepNaturally(feed: Feed, elapsed: number, step: StepFeed): void {
    if (this.random.fraction() < elapsed / 800)
      feed.bustle = this.random.exponential() * this.random.exponential();
    const mean = (feed.instrument.stepsPerSecond * elapsed * Math.min(8, feed.bustle)) / 1000;
    for (let left = poisson(mean, this.random); left > 0; left -= 1) step(feed);
  }

  private drive(feeds: readonly Feed[], rate: number, elapsed: number, step: StepFeed): void {
    if (feeds.length === 0) {
      this.debt = 0;
      return;
    }
    this.debt = Math.min(this.debt + (rate * elapsed) / 1000, (rate * DEBT_MOST_MS) / 1000);
    for (let steps = 0; this.debt >= 1 && steps < STEPS_MOST; steps += 1) {
      this.turn = (this.turn + 1) % feeds.length;
      const feed = feeds[this.turn];
      if (feed !== undefined) this.debt -= step(feed);
    }
  }
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
