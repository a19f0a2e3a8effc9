/**
 * Keeps what is wanted equal to what was asked for: settings, filters over what the exchange trades, and changes by hand.
 *
 * Filters are answered by the child's lists (instrument-lists.ts): when it is ready, every day, and soon after one of their topics was
 * refused, which is how a delisting shows. Until the first answer the list of an earlier run is used, if there is one. Each
 * change touches the topics that it is about and no other.
 */
import type { InstrumentEvent } from '../../shared/events/market-events.ts';
import type { ErrorEvent, ReplyEvent } from '../../shared/events/process-events.ts';
import { type Category, type Instrument, instrumentKey, type Topic, topicKey } from '../../shared/market.ts';
import type { Policy } from '../../shared/policy.ts';
import { MAX_TOPICS, type Subscription, topicsFor } from '../../shared/settings/topics.ts';
import type { Clock, Random } from '../../shared/time.ts';
import { FilterAnswers, type MarketState } from './filter-answers.ts';
import { InstrumentLists, type ListPorts } from './instrument-lists.ts';
import { LookTimes } from './look-times.ts';
import type { SavedSymbols } from './saved-symbols.ts';
import { type SymbolSet, type SymbolWish, symbolSet } from './symbol-set.ts';

export type DeskConfig = SymbolWish & {
  readonly excluded: readonly Instrument[];
  readonly policy: Policy['symbols'];
  readonly maxTopics?: number;
  /** Asks also for the lists of markets whose trades are wanted by name: the profile of a day needs tick sizes. */
  readonly needsTickSizes?: boolean;
};

/** What changed, for the log and the page. */
export type SymbolChange = {
  readonly cause: string;
  readonly added: readonly string[];
  readonly removed: readonly string[];
};

export type DeskPorts = {
  readonly clock: Pick<Clock, 'monoMs' | 'unixMs'>;
  readonly random: Random;
  readonly send: ListPorts['send'];
  readonly want: (topic: Topic) => void;
  readonly unwant: (topic: Topic) => void;
  readonly save: (saved: SavedSymbols) => void;
  readonly changed: (change: SymbolChange) => void;
  /** A list could not be had: `using` says whether an older one is used instead. */
  readonly failed: (category: Category, reason: string, using: 'older' | 'none') => void;
};

export class SymbolDesk {
  readonly lists: InstrumentLists;
  readonly #config: DeskConfig;
  readonly #ports: DeskPorts;
  readonly #maxTopics: number;
  readonly #answers: FilterAnswers;
  readonly #looks: LookTimes;
  readonly #added = new Map<string, Topic>();
  readonly #removed = new Map<string, Instrument>();
  /** Markets whose list was asked for since the start. */
  readonly #asked = new Set<Category>();
  #set: SymbolSet;
  /** Who waits for the answer to a market's question. */
  readonly #waiting = new Map<Category, (() => void)[]>();

  constructor(config: DeskConfig, saved: SavedSymbols, ports: DeskPorts) {
    this.#config = config;
    this.#ports = ports;
    this.#maxTopics = config.maxTopics ?? MAX_TOPICS;
    this.lists = new InstrumentLists(config.policy, {
      send: ports.send,
      random: ports.random,
      answered: (category) => this.#answered(category),
    });
    for (const topic of saved.added) this.#added.set(topicKey(topic), topic);
    for (const one of saved.removed) this.#removed.set(instrumentKey(one), one);
    this.#answers = new FilterAnswers(config.filters, config.excluded, saved.chosen);
    this.#looks = new LookTimes(config.policy, ports.clock.unixMs(), ports.random);
    this.#set = this.#compute();
  }

  /** What is wanted now, by topic key. */
  get topics(): SymbolSet['topics'] {
    return this.#set.topics;
  }

  /** By instrument: what wants it. */
  get sources(): SymbolSet['sources'] {
    return this.#set.sources;
  }

  /** Taken off by hand, although the settings want them. */
  get removed(): readonly Instrument[] {
    return [...this.#removed.values()];
  }

  get leftOut(): number {
    return this.#set.leftOut;
  }

  get hasFilters(): boolean {
    return this.#config.filters.length > 0;
  }

  childReady(): void {
    const now = this.#ports.clock.monoMs();
    this.lists.childReady(now);
    for (const category of this.#markets()) {
      this.#asked.add(category);
      if (this.lists.rows(category) === undefined) this.lists.ask(category, now);
    }
  }

  childEnded(): void {
    this.lists.childEnded();
  }

  told(event: InstrumentEvent): void {
    this.lists.told(event);
  }

  replied(event: ReplyEvent): void {
    this.lists.replied(event, this.#ports.clock.monoMs(), this.#ports.clock.unixMs());
  }

  /** A topic that a filter chose was refused: perhaps it is no longer traded. */
  erred({ code, category, symbol }: ErrorEvent): void {
    if (code !== 'topic_refused' || category === undefined || symbol === undefined) return;
    const source = this.#set.sources.get(instrumentKey({ category, symbol }));
    if (source === undefined || !this.#answers.has(source)) return;
    this.#looks.refused(category, this.#ports.clock.monoMs());
  }

  /** To be called a few times a second. */
  tick(): void {
    const now = this.#ports.clock.monoMs();
    const { daily, refused } = this.#looks.due(now, this.#ports.clock.unixMs());
    if (daily) for (const category of this.#markets()) this.lists.ask(category, now);
    for (const category of refused) this.lists.ask(category, now);
    this.lists.tick(now);
  }

  /** Asks for the lists of all markets that have filters. Answers which. */
  refresh(): readonly Category[] {
    const markets = this.#answers.markets();
    for (const category of markets) this.lists.ask(category, this.#ports.clock.monoMs());
    return markets;
  }

  /** The list of one market, asked for when it is not known yet; the promise ends when the question does. */
  async listOf(category: Category): Promise<string | undefined> {
    if (this.lists.rows(category) !== undefined) return undefined;
    const answered = new Promise<void>((resolve) => {
      this.#waiting.set(category, [...(this.#waiting.get(category) ?? []), resolve]);
    });
    this.lists.ask(category, this.#ports.clock.monoMs());
    if (this.lists.isAsked(category)) await answered;
    if (this.lists.rows(category) !== undefined) return undefined;
    return this.lists.fault(category) ?? 'the connector is not ready';
  }

  /**
   * Wants a symbol by hand. Answers its topics and how many of them are new, or that there is no room for them. A symbol that was
   * taken off by hand is back.
   */
  add(
    instrument: Instrument,
    subscriptions: readonly Subscription[] = this.#config.subscriptions,
  ):
    | { readonly kind: 'done'; readonly topics: readonly Topic[]; readonly fresh: number }
    | { readonly kind: 'full' } {
    const topics = topicsFor(instrument, subscriptions);
    const fresh = topics.filter((topic) => !this.#set.topics.has(topicKey(topic))).length;
    if (this.#namedTopics() + fresh > this.#maxTopics) return { kind: 'full' };
    this.#removed.delete(instrumentKey(instrument));
    for (const topic of topics) this.#added.set(topicKey(topic), topic);
    this.#change('by hand');
    this.#save();
    return { kind: 'done', topics, fresh };
  }

  /** Takes a symbol off by hand, whatever wants it. Answers how many topics were given up; 0 when it was not wanted. */
  remove(instrument: Instrument): number {
    const key = instrumentKey(instrument);
    const own = [...this.#set.topics.values()].filter((topic) => instrumentKey(topic) === key);
    if (own.length === 0) return 0;
    for (const topic of own) this.#added.delete(topicKey(topic));
    const { instruments, filters } = this.#config;
    const comesBack =
      instruments.some((one) => instrumentKey(one) === key) ||
      filters.some(({ category }) => category === instrument.category);
    if (comesBack) this.#removed.set(key, { category: instrument.category, symbol: instrument.symbol });
    this.#change('by hand');
    this.#save();
    return own.length;
  }

  /** What the exchange says of an instrument; undefined while it is not known. */
  facts(instrument: Instrument): InstrumentEvent | undefined {
    return this.lists.facts(instrument);
  }

  /** Of each market with filters how they are answered. */
  states(): readonly MarketState[] {
    return this.#answers.states((category) => this.lists.fault(category));
  }

  /** What is asked for and not known at all, in words. */
  waitingFor(): readonly string[] {
    return this.#answers.waitingFor((category) => this.lists.fault(category));
  }

  /** What is wrong with the filters, in words; null while nothing is. */
  fault(): string | null {
    const parts = [...this.#answers.faults((category) => this.lists.fault(category))];
    if (this.leftOut > 0)
      parts.push(
        `at most ${this.#maxTopics} topics can be listened to: the ${this.leftOut} symbols with the least turnover are left out; name fewer channels or symbols`,
      );
    return parts.length === 0 ? null : parts.join('; ');
  }

  #answered(category: Category): void {
    const rows = this.lists.rows(category);
    const reason = this.lists.fault(category);
    const own = this.#answers.of(category).map(({ text }) => text);
    if (own.length > 0 && reason !== undefined) {
      const using = own.some((text) => this.#answers.has(text)) ? 'older' : 'none';
      this.#ports.failed(category, reason, using);
    } else if (own.length > 0 && rows !== undefined) {
      const at = this.lists.at(category) ?? this.#ports.clock.unixMs();
      const hasHoles = this.lists.hasHoles(category);
      const doubt = this.#answers.resolve(category, [...rows.values()], { at, hasHoles });
      if (doubt !== undefined) return this.lists.doubt(category, doubt, this.#ports.clock.monoMs());
      this.#change(own.join(', '));
      this.#save();
    }
    const waiting = this.#waiting.get(category) ?? [];
    this.#waiting.delete(category);
    for (const resolve of waiting) resolve();
  }

  /** Makes the difference between what was wanted and what is wanted now. */
  #change(cause: string): void {
    const before = this.#set;
    this.#set = this.#compute();
    for (const [key, topic] of before.topics) if (!this.#set.topics.has(key)) this.#ports.unwant(topic);
    for (const [key, topic] of this.#set.topics) if (!before.topics.has(key)) this.#ports.want(topic);
    const added = [...this.#set.sources.keys()].filter((key) => !before.sources.has(key));
    const removed = [...before.sources.keys()].filter((key) => !this.#set.sources.has(key));
    if (added.length + removed.length > 0) this.#ports.changed({ cause, added, removed });
    for (const category of this.#markets()) {
      if (this.#asked.has(category)) continue;
      this.#asked.add(category);
      this.lists.ask(category, this.#ports.clock.monoMs());
    }
  }

  /** Markets whose list is needed: by filters, or for tick sizes. */
  #markets(): ReadonlySet<Category> {
    const markets = new Set(this.#answers.markets());
    if (this.#config.needsTickSizes !== true) return markets;
    for (const { channel, category } of this.#set.topics.values()) {
      if (channel === 'trades') markets.add(category);
    }
    return markets;
  }

  #compute(): SymbolSet {
    const before: SymbolSet | undefined = this.#set;
    return symbolSet(this.#config, {
      chosen: this.#answers.chosen(),
      added: this.#added.values(),
      removed: this.#removed,
      turnover: (instrument) => this.lists.facts(instrument)?.turnover_24h,
      isIn: (instrument) => before?.sources.has(instrumentKey(instrument)) ?? false,
      maxTopics: this.#maxTopics,
    });
  }

  #save(): void {
    const added = [...this.#added.values()];
    this.#ports.save({ chosen: this.#answers.toSave(), added, removed: this.removed });
  }

  /** Topics that no filter can be asked to give up. */
  #namedTopics(): number {
    let count = 0;
    for (const topic of this.#set.topics.values()) {
      const source = this.#set.sources.get(instrumentKey(topic));
      if (source === 'settings' || source === 'by hand') count += 1;
    }
    return count;
  }
}
