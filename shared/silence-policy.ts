/** The durations and limits of the judgement of silence, and of what is done about it: a part of shared/policy.ts. */
import type { Millis } from './time.ts';

type Scale = (value: Millis) => Millis;

/**
 * When a topic counts as stale (shared/freshness.ts). Books move all the time; trades may pause.
 *
 * Bybit pushes books each 20 to 100 ms and pauses seldom for more than one second; a link stalls for up to two. A topic that
 * is alone needs the longer floor to be told from its link; where others flow meanwhile it is not the link.
 */
export function freshnessPolicy(ms: Scale) {
  const learning = {
    /** At least half a second also where time is scaled: a loaded machine is as late as ever. */
    provenFloorMs: Math.max(500, ms(2_000)),
    flowedAtMostMs: Math.max(100, ms(250)),
    flowedToProveMs: Math.max(300, ms(1_000)),
    /** Arrivals at random, five a second, give less than one false alarm in two days; slower and faster ones fewer. */
    onceIn: 1_000_000,
    learnAfter: 20,
    cautiousForMs: ms(20_000),
    suspectFloorMs: Math.max(350, ms(1_500)),
    /** A pause in a hundred: a topic that trades every ten seconds is asked about once in a quarter of an hour. */
    suspectOnceIn: 100,
    suspectBeforeKnownMs: ms(30_000),
    halfLifeMs: ms(1_800_000),
    growthAtMost: 2,
    /** Four faults within the half-life leave the 2 s of a busy topic below the 3 s within which it must be named. */
    growthAfterAlarm: 1.1,
  };
  return {
    depth: {
      floorMs: ms(5_000),
      /** Books of thin symbols are silent for minutes (bybit-v5.md, zombie sockets); a dead socket is found otherwise. */
      floorBeforeKnownMs: ms(300_000),
      ceilingMs: ms(3_600_000),
      learnForMs: 0,
      ...learning,
    },
    /** Trades may be hours apart: before their pace is known no silence of theirs means anything. */
    other: {
      floorMs: ms(10_000),
      floorBeforeKnownMs: undefined,
      ceilingMs: ms(172_800_000),
      /** Twenty trades may be one burst. */
      learnForMs: ms(2_000),
      ...learning,
    },
  };
}

/** The exchange is asked before a silence of trades is called one (connector/session/silence/silence-check.ts). */
export function silenceCheckPolicy(ms: Scale) {
  return {
    /** At least 300 ms also where time is scaled, as the next two: a loaded machine is as slow as ever. */
    answerWithinMs: Math.max(300, ms(800)),
    missingAfterMs: Math.max(300, ms(1_000)),
    /** A link stalls for up to four. */
    missingAloneAfterMs: Math.max(1_000, ms(5_000)),
    againAfterMs: Math.max(200, ms(500)),
    /** A topic that trades once an hour is asked about some twenty times in it. */
    againCapMs: ms(300_000),
    againAfterFailureMs: ms(10_000),
    /** Of a subscription that has brought nothing yet, and what it owes: acknowledgement and first push may cross. */
    bornAfterMs: Math.max(1_000, ms(5_000)),
    owedAfterMs: Math.max(300, ms(1_000)),
    /**
     * Candles that have brought nothing yet (connector/session/silence/candle-check.ts): pushed each minute at the latest, with some
     * room. At least seconds also where time is scaled: who pushes them may not be.
     */
    candleAfterMs: Math.max(5_000, ms(25_000)),
    candleWithinMs: Math.max(10_000, ms(65_000)),
    /** Answers of 50 trades; a quarter of the requests that we allow ourselves. */
    atOnce: 4,
    waiting: 64,
    requestsInWindow: 50,
    windowMs: ms(5_000),
  };
}

/** Trades are held against the exchange's list (connector/session/trades/trade-audit.ts). */
export function tradeAuditPolicy(ms: Scale) {
  return {
    /** One topic of each market every so often, a list of up to 1,000 trades each. At least seconds also where time is scaled. */
    everyMs: Math.max(1_000, ms(10_000)),
    /** Topics of each market whose trades are remembered: some 5 MB at most. */
    watchedAtOnce: 16,
    /** Stream and list come by two ways; neither is later than this, or the trade is looked at in the next turn. */
    inFlightMs: Math.max(1_000, ms(2_000)),
    marginMs: Math.max(500, ms(1_000)),
  };
}

/** What is done about a topic that stays mute although it was asked for anew (connector/session/silence/mute-steps.ts). */
export function mutePolicy(ms: Scale) {
  return {
    againAfterMs: ms(8_000),
    againCapMs: ms(300_000),
    /** The third request is 24 s after the first: a freeze of half a minute may end by itself. */
    requestsBeforeSocket: 3,
    socketAgainAfterMs: ms(300_000),
    socketCapMs: ms(21_600_000),
  };
}

/** When silence that new sockets did not end costs the child its life (runner/context/escalation.ts). */
export function escalationPolicy(ms: Scale) {
  return {
    /** Sockets of one market in a row that gave no data, within this while: a new child. Each took some 10 s to be found. */
    socketsBeforeChild: 3,
    windowMs: ms(180_000),
    /** Not sooner after the last new child for this cause; doubled each time that it was in vain, up to the cap. */
    childEveryMs: ms(120_000),
    childCapMs: ms(1_800_000),
  };
}
