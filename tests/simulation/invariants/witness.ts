/**
 * Looks at the whole world while it runs and says when something is not as it was promised.
 *
 * What can be judged at once is judged at once; the ledger of trades and what must be well again are judged at the end.
 */
import type { Command } from '../../../shared/commands.ts';
import type { TowlineEvent } from '../../../shared/events/event.ts';
import type { KlineEvent } from '../../../shared/events/market-events.ts';
import type { GapEvent, StatusEvent } from '../../../shared/events/process-events.ts';
import { instrumentKey, type Topic, topicKey } from '../../../shared/market.ts';
import { monoMs } from '../../../shared/time.ts';
import type { Process } from '../world/process.ts';
import type { Simulation } from '../world/simulation.ts';
import { checkBuilt, checkKline, checkKlineRow } from './candles.ts';
import { checkTrades, ToldTrades, type TradeSums, UNWRITTEN_MS } from './trades.ts';

/** Every status of a topic or a socket is worth reading, data are not. */
const NOTED: ReadonlySet<TowlineEvent['type']> = new Set(['gap', 'error']);
const LOOK_EVERY_MS = 1_000;
const ALL_TRADES = 200_000;
export class Witness {
  readonly #world: Simulation;
  readonly #told = new ToldTrades();
  /** Starts of the closed candles of the exchange that were told, by topic. */
  readonly #klines = new Map<string, Set<number>>();
  readonly #toldKlines = new Set<string>();
  /** Start of the first candle of each topic that was seen open, and when: its close is owed. */
  readonly #opened = new Map<string, { readonly start: number; readonly atMs: number }>();
  /** When each child of the present runner was started. */
  #spawns: number[] = [];
  #child: Process | undefined;
  #booksCompared = 0;
  /** Which state of each book was compared last. */
  readonly #compared = new Map<string, string>();

  constructor(world: Simulation) {
    this.#world = world;
    world.time.every(LOOK_EVERY_MS, () => this.#look());
  }

  get booksCompared(): number {
    return this.#booksCompared;
  }

  runnerKilled(life: number): void {
    const { now } = this.#world.time;
    this.#told.runnerKilled(life, now);
    for (const [key, { atMs }] of this.#opened) if (now - atMs < UNWRITTEN_MS) this.#opened.delete(key);
  }

  /** A runner told this onwards. */
  event(event: TowlineEvent, isTold: boolean, life: number): void {
    const { journal, policy } = this.#world;
    if (event.type === 'trade') {
      const problem = isTold ? this.#told.add(event, life, this.#world.time.now) : undefined;
      if (problem !== undefined) journal.broken('no trade is told twice', problem);
      return;
    }
    if (event.type === 'status') {
      this.#granted(event, life);
      if (event.status !== 'heartbeat')
        journal.note(`status ${event.status} ${inWords(event)} ${event.reason ?? ''}`);
      else if ((event.queue_bytes ?? 0) > policy.maxQueueBytes * 2)
        journal.broken('queues are bounded', `${event.queue_bytes} bytes wait for the runner`);
      return;
    }
    if (event.type === 'kline') this.#candle(event, life);
    if (NOTED.has(event.type)) journal.note(JSON.stringify(event));
  }

  /** The exchange has acknowledged trades: it owes all that is executed from now on. */
  #granted({ status, channel, category, symbol }: StatusEvent, life: number): void {
    if (status !== 'subscribed' || channel !== 'trades') return;
    if (category === undefined || symbol === undefined) return;
    const { executions } = this.#world.exchange.feed(category, symbol);
    const executed = executions.after(undefined, ALL_TRADES)?.length ?? 0;
    this.#told.granted(instrumentKey({ category, symbol }), executed, life, this.#world.time.now);
  }

  #candle(event: KlineEvent, life: number): void {
    const { journal, exchange, time } = this.#world;
    const key = topicKey({ ...event, channel: 'kline' });
    if (!event.closed) {
      if (!this.#opened.has(key)) this.#opened.set(key, { start: event.start, atMs: time.now });
      return;
    }
    const problem = checkKline(event, exchange.feed(event.category, event.symbol));
    if (problem !== undefined) journal.broken(problem.invariant, problem.what);
    const starts = this.#klines.get(key) ?? new Set();
    this.#klines.set(key, starts);
    starts.add(event.start);
    const told = `${life} ${key} ${event.start}`;
    if (this.#toldKlines.has(told)) journal.broken('a closed candle is told once', told);
    this.#toldKlines.add(told);
  }

  runnerStarted(): void {
    this.#spawns = [];
    this.#child = undefined;
  }

  /** Notes that a runner gives up trades, or has them subscribed anew. */
  command(command: Command): void {
    if (command.command !== 'unsubscribe' || command.channel !== 'trades') return;
    const instrument = instrumentKey({ category: command.category ?? 'linear', symbol: command.symbol });
    this.#world.journal.note(`the runner has trades of ${instrument} subscribed anew`);
  }

  childSpawned(child: Process): void {
    const { journal, time, policy } = this.#world;
    if (this.#child?.isAlive === true)
      journal.broken('a runner has one child', `${child.name} was started while ${this.#child.name} lives`);
    this.#child = child;
    const { deathsInWindow, deathWindowMs, coolingRetryMs } = policy.supervisor;
    this.#spawns = [...this.#spawns.filter((at) => time.now - at < deathWindowMs), time.now];
    const most = deathsInWindow + 2 + Math.ceil(deathWindowMs / coolingRetryMs);
    if (this.#spawns.length > most)
      journal.broken(
        'restarts are bounded',
        `${this.#spawns.length} children within ${deathWindowMs / 1_000} s`,
      );
  }

  /** What must be true at any moment. */
  #look(): void {
    const { runner, journal, exchange, time, topics } = this.#world;
    if (!runner.process.isAlive || runner.process.isStopped) return;
    const { jumps, bad_lines, unknown_types, unknown_fields } = runner.app.intake.counts();
    if (jumps > 0) journal.broken('line numbers never jump', `${jumps} jumps`);
    if (bad_lines + unknown_types + unknown_fields > 0)
      journal.broken(
        'every line is a valid event',
        JSON.stringify({ bad_lines, unknown_types, unknown_fields }),
      );
    for (const topic of topics) {
      if (topic.channel !== 'depth') continue;
      const depth = topic.depth ?? 50;
      const book = runner.app.context.bookOf(topic, 1_000, monoMs(time.now), depth);
      if (book?.valid !== true || book.last_update_id === null || book.time === null) continue;
      const mark = `${book.last_update_id}/${book.time}`;
      if (this.#compared.get(book.key) === mark) continue;
      this.#compared.set(book.key, mark);
      const { bids, asks } = book;
      if ((bids[0]?.[0] ?? 0) >= (asks[0]?.[0] ?? Number.POSITIVE_INFINITY))
        journal.broken('no valid book is crossed', `${book.key}: ${bids[0]?.[0]} and ${asks[0]?.[0]}`);
      const truth = exchange.publishedBook(
        topic.category,
        topic.symbol,
        depth,
        book.last_update_id,
        book.time,
      );
      if (truth === undefined)
        journal.broken(
          'a valid book is a published one',
          `${book.key} at ${book.last_update_id}, ${book.time}`,
        );
      else if (JSON.stringify([bids, asks]) !== JSON.stringify([truth.bids, truth.asks]))
        journal.broken(
          'a valid book equals the published one',
          `${book.key} at ${book.last_update_id}: ${JSON.stringify([bids, asks])} is not ${JSON.stringify([truth.bids, truth.asks])}`,
        );
      this.#booksCompared += 1;
    }
  }

  /** The candles over the whole run: those of the exchange, and those that the present runner has built. */
  judgeCandles(): void {
    const { exchange, journal, topics, runner } = this.#world;
    const gaps = this.#gaps();
    for (const topic of topics) {
      const key = topicKey(topic);
      const feed = exchange.feed(topic.category, topic.symbol);
      const problems =
        topic.channel === 'kline'
          ? [
              checkKlineRow(
                this.#klines.get(key) ?? new Set(),
                this.#opened.get(key)?.start,
                gaps.filter((gap) => topicKey(gap) === key),
                60_000,
              ),
            ]
          : [];
      if (topic.channel === 'trades') {
        const executions = feed.executions.after(undefined, ALL_TRADES) ?? [];
        const built = runner.app.context.instrument(topic)?.candles['1m'].list() ?? [];
        problems.push(...built.map((candle) => checkBuilt(candle, executions, feed)));
      }
      for (const problem of problems)
        if (problem !== undefined) journal.broken(problem.invariant, problem.what);
    }
  }

  /** What is not well yet, in words; to be asked when nothing goes wrong any more. */
  unsettled(): readonly string[] {
    const { runner, exchange, topics } = this.#world;
    const problems: string[] = [];
    const health = runner.health.report();
    if (health.status !== 'Healthy')
      problems.push(
        `health is ${health.status}: ${health.checks.flatMap(({ ok, name, reason }) => (ok ? [] : [`${name}: ${reason}`])).join(' | ')}`,
      );
    const readiness = runner.health.readiness();
    if (!readiness.ready) problems.push(`not ready: ${readiness.missing.join(', ')}`);
    const wanted = topics.map((topic) => `${topic.category} ${exchange.nameOf(topic)}`).toSorted();
    const granted = [...exchange.exchange.connections]
      .flatMap(({ topics: those }) => [...those].map(({ category, name }) => `${category} ${name}`))
      .toSorted();
    const surplus = granted.filter((name) => !wanted.includes(name));
    const missing = wanted.filter((name) => !granted.includes(name));
    if (missing.length > 0) problems.push(`not subscribed: ${missing.join(', ')}`);
    if (surplus.length > 0) problems.push(`subscribed unasked: ${surplus.join(', ')}`);
    return [...problems, ...topics.flatMap((topic) => this.#behind(topic))];
  }

  /** Books and tickers are those of this moment. */
  #behind(topic: Topic): readonly string[] {
    const { runner, exchange, time } = this.#world;
    const { context } = runner.app;
    const now = monoMs(time.now);
    if (topic.channel === 'depth') {
      const book = context.bookOf(topic, 1, now, topic.depth);
      const truth = exchange.latestUpdateId(topic);
      return book?.valid === true && book.last_update_id === truth
        ? []
        : [
            `${topicKey(topic)} is at ${book?.last_update_id} (${book?.reason ?? 'valid'}), the exchange at ${truth}`,
          ];
    }
    if (topic.channel === 'ticker') {
      const { ticker, valid = false, reason } = context.others.tickerOf(topic, now) ?? {};
      const truth = exchange.tickerNumbers(topic);
      const told = [ticker?.last_price, ticker?.bid_price, ticker?.ask_price, ticker?.volume_24h];
      return valid && told.every((value, index) => value === truth[index])
        ? []
        : [
            `${topicKey(topic)} says ${told.join(' ')} (${reason ?? 'valid'}), the exchange ${truth.join(' ')}`,
          ];
    }
    return [];
  }

  /** The ledger of trades over the whole run. */
  judgeTrades(): readonly TradeSums[] {
    const { exchange, journal, topics } = this.#world;
    const gaps = this.#gaps();
    return topics.flatMap((topic: Topic) => {
      if (topic.channel !== 'trades') return [];
      const key = topicKey(topic);
      const sums = checkTrades({
        instrument: instrumentKey(topic),
        executions: exchange.feed(topic.category, topic.symbol).executions.after(undefined, ALL_TRADES) ?? [],
        told: this.#told.of(instrumentKey(topic)),
        accountedFrom: this.#told.accountedFrom(instrumentKey(topic)),
        granted: this.#told.grantsOf(instrumentKey(topic)),
        gaps: gaps.filter((gap) => topicKey(gap) === key),
      });
      if (!('invariant' in sums)) return [sums];
      journal.broken(sums.invariant, sums.what);
      return [];
    });
  }

  /** All gaps of all runners, each in its newest state. */
  #gaps(): readonly GapEvent[] {
    const { store, runner } = this.#world;
    const byId = new Map<string, GapEvent>();
    for (const { gap } of store.gaps.values()) byId.set(gap.gap_id, gap);
    for (const gap of runner.app.gaps.all()) byId.set(gap.gap_id, gap);
    return [...byId.values()];
  }
}

function inWords(event: Extract<TowlineEvent, { type: 'status' }>): string {
  const { scope, channel, category, symbol, socket } = event;
  return [scope, channel, category, symbol, socket === undefined ? undefined : `socket ${socket}`]
    .filter((word) => word !== undefined)
    .join(' ');
}
