/**
 * Every duration and limit of the program in one place, with the reason beside the number.
 *
 * `TIME_SCALE` shrinks durations for tests (0.01 = a hundred times faster); limits of size are not scaled.
 */
import type { BackoffPolicy } from './backoff.ts';
import {
  escalationPolicy,
  freshnessPolicy,
  mutePolicy,
  silenceCheckPolicy,
  tradeAuditPolicy,
} from './silence-policy.ts';
import type { Millis } from './time.ts';

type Scale = (value: Millis) => Millis;

export type Policy = DeepReadonly<ReturnType<typeof scaledPolicy>>;

type DeepReadonly<T> = T extends object ? { readonly [K in keyof T]: DeepReadonly<T[K]> } : T;

/** The policy with all durations multiplied by `scale` (1 in production). */
export function scaledPolicy(scale = 1) {
  const ms = (value: Millis): Millis => Math.max(1, Math.round(value * scale));
  return {
    /** One line on stdio, in characters (DESIGN 7.1: at most 1 MiB). */
    maxLineLength: 1024 * 1024,
    /** The child's queue towards its parent (DESIGN 6, back-pressure). */
    maxQueueBytes: 32 * 1024 * 1024,
    heartbeatEveryMs: ms(5_000),
    /** The same kind of error is told at most this often. */
    errorEveryMs: ms(1_000),
    /** A tick that comes later than this: our own loop was asleep (a stopped process, a long pause), not the others. */
    stalledAfterMs: stalledAfter(ms),
    /** How often deadlines are looked at. */
    tickEveryMs: ms(100),
    connection: connectionPolicy(ms),
    rest: restPolicy(ms),
    healing: healingPolicy(ms),
    audit: auditPolicy(ms),
    symbols: symbolPolicy(ms),
    freshness: freshnessPolicy(ms),
    silenceCheck: silenceCheckPolicy(ms),
    tradeAudit: tradeAuditPolicy(ms),
    mute: mutePolicy(ms),
    escalation: escalationPolicy(ms),
    /** Signals of strategies may leave after everything they need has been well for so long (runner/strategy/gate.ts). */
    gate: { openAfterMs: ms(3_000) },
    supervisor: supervisorPolicy(ms),
    /** How often a child looks whether its parent still lives. */
    parentCheckEveryMs: ms(1_000),
    /** A stopping child waits this long for its reader to take the last lines. */
    flushWithinMs: ms(2_000),
    /** Users' strategies in their worker threads (docs/strategies.md). */
    strategy: strategyPolicy(ms),
    /** Wall and monotonic clock further apart than this: the machine slept (DESIGN 6, clocks). */
    sleptAfterMs: 2_000,
    clock: {
      /** The distance to the exchange's clock is told from the frames of this last while. */
      offsetWindowMs: ms(60_000),
      /** Bybit refuses signed requests that are so far ahead of its clock. These three are not scaled: clocks are not. */
      refusedAheadMs: 1_000,
      /** The alarm comes before that, and before a request looks older than recv_window (5 s). */
      aheadLimitMs: 500,
      behindLimitMs: 1_000,
      /** How often the exchange is asked for its time; quickly at first, since one round trip tells little. */
      lookEveryMs: ms(10_000),
      lookAtStartEveryMs: ms(1_000),
      looksAtStart: 5,
      /** The surest look of so long counts. */
      rememberLooksMs: ms(300_000),
    },
    stopWithinMs: ms(10_000),
    flight: flightPolicy(ms),
    /** Looks at the free disk (MIN_FREE_DISK_MB). */
    diskLookEveryMs: ms(10_000),
    retention,
  };
}

/** What is kept of the files of one kind; the oldest leave first. */
export type RetentionLimits = { readonly files: number; readonly bytes: number; readonly ageMs: Millis };

const MIB = 1024 * 1024;
const DAY_MS = 86_400_000;

/** Everything that towline writes and may remove again (docs/semantics.md, files). Not scaled: these are the owner's files. */
export const retention = {
  /** Of runner and connector together. */
  dumps: { files: 60, bytes: 512 * MIB, ageMs: 14 * DAY_MS },
  /** Each file of LOG_FILENAME is followed by the next at 50 MB or at the end of the day. */
  logs: { files: 10, bytes: 500 * MIB, ageMs: 90 * DAY_MS },
  /** `--record` names a file of the user's own: it is never removed, but it ends there. */
  recording: { bytes: 16 * 1024 * MIB },
} as const satisfies Record<string, Partial<RetentionLimits>>;

/** The flight recorder: what it remembers, and when it writes that out by itself. FLIGHT_RECORDER_MB bounds its memory. */
function flightPolicy(ms: Scale) {
  return {
    /** Frames are packed so many bytes at a time: the larger, the less the main thread has to do with it. */
    chunkBytes: MIB,
    /** Of one answer of the REST interface, or of another text that is no frame. */
    maxNoteLength: 2_000,
    /** What the runner remembers: commands, statuses, gaps, errors, changes of state. */
    runnerEntries: 10_000,
    /** Dumps that a fault causes. The first one of a series says it all. */
    faults: { everyMs: ms(60_000), most: 20, withinMs: ms(3_600_000) },
    /** A child is waited for so long. At least 5 s also where time is scaled: disks are not. */
    answerWithinMs: Math.max(5_000, ms(10_000)),
    /** A process that ends because of a bug writes no more than this of the newest frames, since it does nothing else meanwhile. */
    lastWordsBytes: 8 * MIB,
  };
}

function connectionPolicy(ms: Scale) {
  return {
    openTimeoutMs: ms(10_000),
    /** Bybit recommends 20 s; half of it finds a dead socket sooner. */
    pingEveryMs: ms(10_000),
    pongWithinMs: ms(4_000),
    /** A subscription that nobody answered is sent again. Acks took up to 0.7 s in recordings. */
    ackWithinMs: ms(5_000),
    /** A subscribed book whose snapshot does not come is asked for anew. */
    snapshotWithinMs: ms(8_000),
    /** No data frame at all although topics are subscribed and were flowing: a new socket. */
    silentAfterMs: ms(10_000),
    /**
     * The same while no book of the socket has shown its pace: nothing at all for so long, after the snapshots, is a socket
     * that died young (and is to be found within 15 s), or a market of thin symbols only. Replacing it costs the second case
     * one reconnect, and each that changes nothing doubles the wait, up to the cap.
     */
    silentBeforeKnownMs: ms(12_000),
    /** The same for a socket that carries no book: long enough to hear from the exchange whether anything is missing at all. */
    silentWithoutBooksMs: ms(35_000),
    silentBeforeKnownCapMs: ms(300_000),
    /** A reconnect counts as healthy, and the backoff starts anew, after this long. */
    stableAfterMs: ms(30_000),
    backoff: { baseMs: ms(500), capMs: ms(10_000), floorMs: ms(50) } satisfies BackoffPolicy,
    /** Fast attempts before the slow ones; giving up is not an option. */
    fastAttempts: 10,
    slowRetryMs: ms(60_000),
    /** Outgoing frames a second on one socket (BYBIT_WEBSOCKET_RATE_LIMIT). */
    sendsPerSecond: 20,
    /** Another socket of the market gave data within this while: it moves. */
    siblingMovedWithinMs: ms(2_000),
    /** Sockets that were lost together come back one after the other, this far apart. */
    reconnectSpreadMs: ms(100),
    /** A socket that carries no topic any more is closed after this while. */
    idleCloseMs: ms(60_000),
    /** New connections to one host: Bybit allows an address 500 in 5 minutes (bybit-v5.md 2.3); we keep clear of that. */
    budget: { connections: 400, windowMs: ms(300_000) },
  };
}

/** Requests to the public REST interface (connector/io/rest.ts). Bybit's limits: bybit-v5.md 6.3. */
function restPolicy(ms: Scale) {
  return {
    /** One try. At least a second also where time is scaled: a loaded machine is as slow as ever. */
    timeoutMs: Math.max(1_000, ms(10_000)),
    /** A page of 1,000 instruments is about 1 MB. */
    maxBodyBytes: 16 * 1024 * 1024,
    /** A third of what the exchange allows an address: others at this address ask too, and a restart forgets its count. */
    requestsInWindow: 200,
    windowMs: ms(5_000),
    concurrency: 8,
    /** Requests that wait for their turn; one more is refused. Every symbol of a market may want to heal at once. */
    maxWaiting: 2_000,
    tries: 5,
    backoff: { baseMs: ms(500), capMs: ms(8_000), floorMs: ms(50) } satisfies BackoffPolicy,
    /** A question is given up after this long, however many tries are left. */
    giveUpAfterMs: Math.max(2_000, ms(60_000)),
    /** The exchange asks for ten minutes of silence after a 403; the extra half-minute is for the difference of the clocks. */
    shutOutMs: ms(630_000),
    /** One endpoint that said "too often" without saying until when, and the most that it can ask for. */
    endpointShutMs: ms(1_000),
    endpointShutCapMs: ms(60_000),
    /** After so many failures in a row nobody is asked for a while, then one request goes ahead. */
    outageAfter: 5,
    outageBackoff: { baseMs: ms(2_000), capMs: ms(30_000), floorMs: ms(1_000) } satisfies BackoffPolicy,
    /** Pages of one list at most: a list that does not end is refused. */
    maxPages: 20,
    /** Candles of one question at most. */
    maxKlines: 10_000,
  };
}

/** What was missed is read again by REST (DESIGN 6, healing; docs/adr/0013). */
function healingPolicy(ms: Scale) {
  return {
    trades: {
      /** Live trades wait for the healed ones, at most so many and so long. */
      waitingAtMost: 5_000,
      waitAtMostMs: Math.max(500, ms(2_000)),
      /** What one of two raced sockets brings, the other one must bring within this. */
      joinWithinMs: Math.max(250, ms(1_000)),
      /** Half of what the list of recent trades may lag behind the stream. */
      settleMs: ms(2_000),
      /** A topic that is given up and wanted again within this goes on where it stood. */
      wantedAgainWithinMs: ms(10_000),
      audit: tradeAuditPolicy(ms),
      reads: {
        againAfterMs: ms(250),
        againCapMs: ms(5_000),
        atMost: 12,
        /** The exchange shuts an address out for ten minutes: symbols that trade seldom can still be healed after that. */
        failuresAtMost: 30,
        slowMs: ms(60_000),
      },
    },
    /** Lists of trades that are read at a time: with all under way at once the busiest topics would not come first. */
    readsAtOnce: 8,
    klines: {
      againAfterMs: ms(1_000),
      againCapMs: ms(30_000),
      tries: 8,
      failuresAtMost: 30,
      slowMs: ms(60_000),
      atOnce: 16,
      atMost: 10_000,
    },
    /** What had failed is asked for again as soon as the exchange answers anything, at most so often. */
    hurryEveryMs: ms(60_000),
  };
}

/** When the list of what is traded is asked for, where SYMBOLS has filters. */
function symbolPolicy(ms: Scale) {
  return {
    /** The connector gives a question up after 60 s; a foreign one may not know it at all. At least 5 s: loaded machines. */
    answerWithinMs: Math.max(5_000, ms(75_000)),
    backoff: { baseMs: ms(2_000), capMs: ms(300_000), floorMs: ms(1_000) } satisfies BackoffPolicy,
    /** Every day at this time (UTC), later by a random part of the jitter, so that not everybody asks at once. Not scaled. */
    dailyAtMs: 5 * 60_000,
    dailyJitterMs: 600_000,
    /** A refused topic may be a delisting: asked soon, together with what is refused meanwhile, and at most this often. */
    afterRefusalMs: ms(2_000),
    refusalsApartMs: ms(300_000),
  };
}

/** Books are held against the exchange's own (runner/audit/). At least seconds also where time is scaled: it is no duty. */
function auditPolicy(ms: Scale) {
  return {
    /** One book every so often: less than a hundredth of what we allow ourselves of requests. */
    everyMs: Math.max(1_000, ms(5_000)),
    bookEveryMs: Math.max(3_000, ms(60_000)),
    answerWithinMs: Math.max(5_000, ms(20_000)),
    /** The stream may lag behind the answer: the deepest book is pushed five times a second, and frames can be late. */
    joinWithinMs: Math.max(1_000, ms(3_000)),
    /** 5 s of a book that is pushed every 20 ms. */
    states: 256,
    /** A market in which the exchange's two books differ by nature must not be fetched anew for ever. */
    looksOutOfTurn: 3,
  };
}

function supervisorPolicy(ms: Scale) {
  return {
    readyWithinMs: ms(10_000),
    silentAfterMs: ms(20_000),
    killAfterMs: ms(5_000),
    backoff: { baseMs: ms(500), capMs: ms(10_000), floorMs: ms(100) } satisfies BackoffPolicy,
    stableAfterMs: ms(60_000),
    /** More deaths than this within the window: slow retries (`cooling`). */
    deathsInWindow: 5,
    deathWindowMs: ms(300_000),
    coolingRetryMs: ms(60_000),
    /** A timer of ours that comes later than this means that we, not the child, were asleep. */
    stalledAfterMs: stalledAfter(ms),
  };
}

function strategyPolicy(ms: Scale) {
  return {
    /** One call of a handler may take this long; then the worker is ended. */
    answerWithinMs: ms(2_000),
    /** Importing the file and building the strategy. */
    loadWithinMs: ms(10_000),
    restartAfterMs: ms(1_000),
    /** After this long without a failure earlier ones are forgotten. */
    stableAfterMs: ms(600_000),
    timerEveryMs: ms(1_000),
    /** When our own tick comes later than this we were asleep ourselves, and judge nobody. */
    stalledAfterMs: stalledAfter(ms),
  };
}

/** At least 250 ms also where time is scaled: a loaded machine is late by as much, whatever the scale. */
function stalledAfter(ms: Scale): Millis {
  return Math.max(250, ms(1_000));
}
