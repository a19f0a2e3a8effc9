/**
 * Comes to a verdict on all channels of a world: the markets are stopped for a moment, both sides are read and compared.
 *
 * Each verdict covers what happened since the one before: it begins at an execution that was on the tape then.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import type { Channel } from '../../shared/market.ts';
import { changeFlow } from '../helpers/processes.ts';
import { until } from '../helpers/until.ts';
import {
  type Execution,
  executionsFrom,
  type Gap,
  type GapEnd,
  MOST_GAPS,
  newestGaps,
  type TapeRow,
  tapeFrom,
  toldBook,
  toldCandles,
  toldLiquidations,
  toldTicker,
  trueBook,
  trueCandles,
  trueLiquidations,
  trueTicker,
} from './facts.ts';
import { judgeBook, judgeCandles, judgeLiquidations, judgeTicker } from './judge-channels.ts';
import { wasReachable } from './judge-reach.ts';
import { judgeTrades } from './judge-trades.ts';
import { judgeWitness, originsOf } from './judge-witness.ts';
import { type Market, PATIENCE_MS, untilWell, type World } from './world.ts';

export type Finding = {
  readonly where: string;
  readonly channel: Channel | undefined;
  readonly what: string;
};
export type Verdict = {
  readonly findings: readonly Finding[];
  readonly gaps: readonly Gap[];
  readonly summary: string;
};

/** Stopped for longer, a market would be found silent: that would be a fault of our own. */
const restMs = (world: World): number => 3_000 * world.timeScale;
const MINUTE = 60_000;
/** A book that is wrong without a sign is found by the audit, which takes the books in turn. */
const STATES_WITHIN_MS = 45_000;

export class Verdicts {
  readonly #world: World;
  readonly #anchors = new Map<Market, Execution>();
  #known: ReadonlySet<string> = new Set();

  constructor(world: World) {
    this.#world = world;
  }

  /** Everything before this moment has been judged, or is not to be. */
  async begin(): Promise<void> {
    this.#known = await this.seenGaps();
    if (this.#anchors.size > 0) return;
    for (const market of this.#world.markets) {
      const [oldest] = await tapeFrom(this.#world.runner, market, 0);
      assert.ok(oldest, `a trade of ${market.category} ${market.symbol} is on the tape`);
      const { rows } = await executionsFrom(this.#world.exchange, market, undefined);
      const anchor = rows.find(({ id }) => id === oldest.trade_id);
      assert.ok(anchor, `${oldest.trade_id} was executed`);
      this.#anchors.set(market, anchor);
    }
  }

  async seenGaps(): Promise<ReadonlySet<string>> {
    return new Set((await newestGaps(this.#world.runner)).map(({ gap_id }) => gap_id));
  }

  /** `spoilt`: REST could not be relied upon, so its reach is counted from now. */
  async reach(spoilt: boolean): Promise<Verdict> {
    const world = this.#world;
    await this.#untilHealed(spoilt);
    const states = await this.#atRest();
    const gaps = await this.#newGaps();
    const tallies = [];
    const findings: Finding[] = [...states];
    for (const market of world.markets) {
      const tally = await this.#judgeMarket(market, gaps, spoilt, findings);
      tallies.push(`${market.category} ${tally.onTape}+${tally.inGaps}/${tally.executed}`);
    }
    const told = gaps.map(({ channel, cause, state }) => `${channel} ${cause} ${state}`);
    const counted = [...new Set(told)].map((one) => `${told.filter((other) => other === one).length} ${one}`);
    return { findings, gaps, summary: `${tallies.join(', ')}; gaps: ${counted.join(', ') || 'none'}` };
  }

  async #newGaps(): Promise<readonly Gap[]> {
    const newest = await newestGaps(this.#world.runner);
    const added = newest.filter(({ gap_id }) => !this.#known.has(gap_id));
    assert.ok(added.length < MOST_GAPS, 'all new gaps are on one page');
    return added;
  }

  async #judgeMarket(market: Market, gaps: readonly Gap[], spoilt: boolean, findings: Finding[]) {
    const { exchange, runner, witnessFile } = this.#world;
    const where = market.category;
    const mine = (all: readonly Gap[], channel: Channel): readonly Gap[] =>
      all.filter((gap) => gap.channel === channel && gap.category === where && gap.symbol === market.symbol);
    const note = (channel: Channel, problems: readonly string[]): void => {
      for (const what of problems) findings.push({ where, channel, what });
    };
    const anchor = this.#anchors.get(market);
    assert.ok(anchor);
    const tape = await tapeFrom(runner, market, anchor.T);
    const { rows: truth } = await executionsFrom(exchange, market, anchor);
    const last = truth.findIndex(({ id }) => id === tape.at(-1)?.trade_id);
    const past = truth.slice(0, last + 1);
    const onTape = onTapeOf(past, tape);
    // Strategies are told in batches, a moment later.
    const heard = (): readonly string[] => judgeWitness(readFileSync(witnessFile, 'utf8'), market, onTape);
    await until('the strategy has heard it all', () => heard().length === 0, 5_000).catch(() => undefined);
    note('trades', heard());
    const isReachable = this.#reachability(market, truth, spoilt);
    const tally = judgeTrades({ truth: past, tape, gaps: mine(gaps, 'trades'), isReachable });
    note('trades', tally.problems);
    if (tally.last !== undefined) this.#anchors.set(market, tally.last);

    const all = await newestGaps(runner);
    if (market.topics.kline !== undefined) {
      const candles = await toldCandles(runner, market);
      // A topic of which nothing was seen yet has no gaps.
      const firstStart = Date.parse(candles[0]?.time ?? '9999-01-01');
      // A candle is told up to a second after its end.
      const closed = (await trueCandles(exchange, market)).filter(
        ({ start }) => start + MINUTE + 3_000 < Date.now(),
      );
      note('kline', judgeCandles(closed, candles, mine(all, 'kline'), firstStart));
    }
    if (market.topics.liquidation !== undefined) {
      const told = await toldLiquidations(runner, market);
      const since = Math.max(anchor.T, Date.parse(told[0]?.time ?? new Date().toISOString()));
      const mature = (await trueLiquidations(exchange, market)).filter(({ T }) => T <= (past.at(-1)?.T ?? 0));
      const toldBefore = told.filter(({ time }) => Date.parse(time) <= (past.at(-1)?.T ?? 0));
      note('liquidation', judgeLiquidations(mature, toldBefore, mine(all, 'liquidation'), since));
    }
    for (const gap of gaps) note(gap.channel as Channel, gap.category === where ? wrongCure(gap) : []);
    return tally;
  }

  /** Could a list of recent trades have shown what is before the gap, when its topic was back; or, where REST was spoilt, now? */
  #reachability({ reach, ...market }: Market, truth: readonly Execution[], spoilt: boolean) {
    const { length } = truth;
    if (spoilt) return (from: number): boolean => length - from <= reach;
    const origins = originsOf(readFileSync(this.#world.witnessFile, 'utf8'), market);
    const originAt = (place: number): string | undefined => origins(truth[place]?.id ?? '');
    return (from: number, to: number): boolean => wasReachable({ from, to, originAt, length, reach });
  }

  /** Until each gap of trades is healed, or cannot be; what takes too long is told by the verdict. */
  async #untilHealed(spoilt: boolean): Promise<void> {
    const { exchange, markets } = this.#world;
    const isDone = async (): Promise<boolean> => {
      const open = (await this.#newGaps()).filter(
        ({ channel, state }) => channel === 'trades' && state !== 'healed',
      );
      if (open.length === 0) return true;
      for (const market of markets) {
        const mine = open.filter((gap) => gap.category === market.category && gap.symbol === market.symbol);
        if (mine.length === 0) continue;
        const { rows } = await executionsFrom(exchange, market, this.#anchors.get(market));
        const isReachable = this.#reachability(market, rows, spoilt);
        const place = (end: GapEnd | null): number => rows.findIndex((row) => row.id === end?.id);
        if (mine.some(({ from, to }) => to === null || isReachable(place(from), place(to)))) return false;
      }
      return true;
    };
    await until('what can be healed is healed', isDone, 20_000).catch(() => undefined);
  }

  /** Books and tickers are compared while nothing is traded, and the newest trades have arrived. */
  async #atRest(): Promise<readonly Finding[]> {
    let findings: readonly Finding[] | undefined;
    const patience = performance.now() + STATES_WITHIN_MS;
    while (findings === undefined || (findings.length > 0 && performance.now() < patience)) {
      await awayFromMinute();
      await changeFlow(this.#world.exchange, { paused: true });
      const deadline = performance.now() + restMs(this.#world);
      do findings = await this.#states();
      while (findings.some(({ what }) => what.startsWith('later')) && performance.now() < deadline);
      await changeFlow(this.#world.exchange, { paused: false });
      await untilWell(this.#world);
    }
    return findings;
  }

  async #states(): Promise<readonly Finding[]> {
    const { exchange, runner, markets } = this.#world;
    const findings: Finding[] = [];
    for (const market of markets) {
      const [book, theirBook, ticker, theirTicker] = await Promise.all([
        toldBook(runner, market),
        trueBook(exchange, market),
        toldTicker(runner, market),
        trueTicker(exchange, market),
      ]);
      const wrongBook = judgeBook(theirBook, book);
      if (wrongBook !== undefined)
        findings.push({ where: market.category, channel: 'depth', what: wrongBook });
      const wrongTicker = judgeTicker(theirTicker, ticker);
      if (wrongTicker !== undefined)
        findings.push({ where: market.category, channel: 'ticker', what: wrongTicker });
    }
    return findings;
  }
}

const cures: Readonly<Record<Channel, readonly (string | null)[]>> = {
  // A socket that was not struck, or heard what a former one had brought, may have gone from one end to the other.
  trades: ['recent_trades', 'second_socket'],
  // Without a cure: the next update joined, so nothing was missed.
  depth: ['snapshot', null],
  kline: ['klines'],
  ticker: ['snapshot'],
  liquidation: [],
};

/** Is a gap over by what its channel can be healed by? Books and tickers must be over; nothing brings liquidations back. */
function wrongCure({ gap_id, channel, state, healed_by, cause, to }: Gap): readonly string[] {
  const known = channel as Channel;
  if (state === 'healed' && !cures[known].includes(healed_by))
    return [`${gap_id} (${cause}) is healed by ${healed_by}`];
  const mustBeOver = known === 'depth' || known === 'ticker';
  if (mustBeOver && state !== 'healed')
    return [`${gap_id} (${cause}) is ${state}${to === null ? ' without an end' : ''}`];
  return [];
}

function onTapeOf(truth: readonly Execution[], tape: readonly TapeRow[]): ReadonlySet<string> {
  const ids = new Set(truth.map(({ id }) => id));
  return new Set(tape.flatMap(({ trade_id }) => (ids.has(trade_id) ? [trade_id] : [])));
}

/** The markets are not stopped while a candle is about to be closed. */
async function awayFromMinute(): Promise<void> {
  const into = Date.now() % MINUTE;
  if (into > MINUTE - 2_000) await wait(MINUTE - into + 3_000);
  else if (into < 3_000) await wait(3_000 - into);
}

export { PATIENCE_MS };
