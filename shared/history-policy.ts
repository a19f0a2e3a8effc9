/**
 * The durations and limits of history: what is planned, how politely it is asked for, how files are fetched.
 *
 * Apart from shared/policy.ts since one program alone uses them. `scale` shrinks durations for tests, as there; limits of size, and
 * how long the exchange takes to publish a file, are not scaled.
 */
import type { BackoffPolicy } from './backoff.ts';
import type { Millis } from './time.ts';

const MIB = 1024 * 1024;
const HOUR: Millis = 3_600_000;
const DAY: Millis = 24 * HOUR;

export type HistoryPolicy = DeepReadonly<ReturnType<typeof historyPolicy>>;

type DeepReadonly<T> = T extends object ? { readonly [K in keyof T]: DeepReadonly<T[K]> } : T;

export function historyPolicy(scale = 1) {
  const ms = (value: Millis): Millis => Math.max(1, Math.round(value * scale));
  return {
    plan: planPolicy,
    rest: restPolicy(ms),
    manners: mannersPolicy(ms),
    archive: archivePolicy(ms),
    recording: recordingPolicy(ms),
    store: storePolicy(ms),
    backfill: backfillPolicy(ms),
    stored: storedPolicy(ms),
  };
}

/** What may be expected of the archive (bybit-v5.md 7.6), and how long a range may be. */
const planPolicy = {
  /** A day's file appears during the next day, at no fixed hour: until so long after its end a 404 means "not yet". */
  publishedWithinMs: 3 * DAY,
  /** Until then it is asked for again at most so often. */
  askAgainMs: HOUR,
  /** Of one plan: ten years and a bit. */
  maxDays: 3_700,
};

/** What differs from the live connector's requests (`rest` of shared/policy.ts), beside which these are sent. */
function restPolicy(ms: (value: Millis) => Millis) {
  return {
    /**
     * In 5 s. The exchange allows an address 600, and a live connector takes 200 of them. Each program forgets its count when it
     * is started anew: twice 200 and twice 80 are still less.
     */
    requestsInWindow: 80,
    windowMs: ms(5_000),
    tries: 5,
    backoff: { baseMs: ms(500), capMs: ms(8_000), floorMs: ms(50) } satisfies BackoffPolicy,
    /** History can wait: also for some cool-downs of a breaker in a row. */
    giveUpAfterMs: Math.max(5_000, ms(600_000)),
    /** Candles of one question, so that each question is one request. */
    klinesAtOnce: 1_000,
    /** Candles of one range: two months of minutes. */
    maxKlines: 100_000,
  };
}

function mannersPolicy(ms: (value: Millis) => Millis) {
  return {
    /** Requests under way, with a key that the exchange takes, and without. */
    concurrencyKeyed: 8,
    concurrencyPublic: 4,
    /** Between the beginnings of two requests without a key. */
    delayMs: ms(50),
    /** Where there is no pause at best, the factor stretches this one instead, from nothing on. */
    throttledDelayMs: ms(50),
    throttle: {
      most: 5,
      /** What a refusal and an answer make of the factor: it doubles in two refusals, and takes some fifteen answers back from the top. */
      rise: 1.5,
      fall: 0.9,
    },
    breaker: {
      /** Refusals in a row. */
      threshold: 3,
      cooldownMs: ms(60_000),
    },
  };
}

function archivePolicy(ms: (value: Millis) => Millis) {
  return {
    /** Files that are fetched at a time: two fill a line, and more of them would only be unfinished together. */
    concurrency: 2,
    /** Beginnings of fetches in 5 s. It is another host than the one with the limit, but nobody says that it has none. */
    requestsInWindow: 20,
    windowMs: ms(5_000),
    /** The largest day of the busiest contract was some 500 MB packed; a file that is longer is none of ours. */
    maxBytes: 2_048 * MIB,
    /** Nothing came for so long: the line is dead. At least seconds also where time is scaled. */
    idleMs: Math.max(2_000, ms(30_000)),
    /** A file of which each try brought nothing is given up after as many tries as a request; this bounds those that bring a little each. */
    resumesAtMost: 50,
    /** How often the progress of a file is told. */
    progressEveryMs: ms(200),
  };
}

/** What making and reading day files may take (connector/history/io/workshop.ts). */
function storePolicy(ms: (value: Millis) => Millis) {
  return {
    /** Of the processor: one thread that reads, two that make files. The child is nice, so it takes what others leave. */
    threads: 1,
    writingThreads: 2,
    /** Buffers of a database, of which there are two at most: one that makes files and one that reads. The rest goes to the disk. */
    memoryMb: 256,
    /** For another process that writes the same symbol. At least seconds also where time is scaled: a day takes some. */
    lockWaitMs: Math.max(2_000, ms(10_000)),
  };
}

/** The recorder of live trades in the runner. */
function recordingPolicy(ms: (value: Millis) => Millis) {
  return {
    /** With the time that writing takes, less than a second is lost when the runner is killed. Not scaled: disks are not. */
    flushEveryMs: 500,
    /**
     * The disk is asked to confirm a file at most so often, which costs many times as much as to write to it. It is what a failure of
     * the power costs, beside the time that confirming takes; a death of the runner costs that only once the machine starts anew. Not scaled either.
     */
    confirmEveryMs: 10_000,
    /** So long files are confirmed in each batch, so that those of all symbols are written to at least once a second. At least one is. */
    confirmWithinMs: 300,
    /** Trades that wait for a slow disk, some 30 MB; further ones are not recorded. */
    maxWaiting: 200_000,
    /** A write failed: so long nothing is taken in, then it is tried again. */
    retryAfterMs: ms(5_000),
    /** How often old recordings are looked for. */
    keepEveryMs: ms(300_000),
  };
}

/** When the runner asks a history child, and for what (runner/backfill/). */
function backfillPolicy(ms: (value: Millis) => Millis) {
  return {
    /** After the first live trade, or after a hole appeared: what heals by itself mostly has by then. */
    settleMs: ms(3_000),
    /** An open gap may be healed yet: so long history waits for it. */
    healWithinMs: ms(20_000),
    /** A symbol that does not trade is asked for without a live trade. */
    quietAfterMs: ms(15_000),
    /** At a start the symbols come one after another: so long others are waited for. */
    gatherMs: ms(2_000),
    /** The same day is asked for at most so often. */
    againAfterMs: ms(60_000),
    /** A day that is over is completed so long after its end: late trades have come by then. */
    afterMidnightMs: ms(120_000),
    /** After a failure. */
    retry: { baseMs: ms(60_000), capMs: ms(3_600_000), floorMs: ms(30_000) } satisfies BackoffPolicy,
    /** Symbols of one child, and days of them that are over: each may be a file that must come. */
    symbolsAtOnce: 100,
    filesAtOnce: 4,
    /** Older gaps are not looked for in the archive. */
    gapsKeptMs: 30 * DAY,
    /** A child that says nothing for so long is ended; it tells its progress every second. At least seconds also where time is scaled. */
    silentMs: Math.max(10_000, ms(120_000)),
  };
}

/** When a request of the API needs trades that memory does not hold (runner/stored/). */
function storedPolicy(ms: (value: Millis) => Millis) {
  return {
    /** Children that read at a time, some 200 MB each, and questions that wait for one; further ones are refused. */
    atOnce: 2,
    waiting: 8,
    /** Until a question is answered, its waiting included. At least seconds also where time is scaled: disks are not. */
    answerWithinMs: Math.max(15_000, ms(30_000)),
  };
}
