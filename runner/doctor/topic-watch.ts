/**
 * Watches a connector that was started for a trial: did it get ready, was each topic acknowledged, did its first data come?
 *
 * Pure: it is told what the child says and when; it answers what to send and what was found.
 */
import { type Command, subscribeCommand } from '../../shared/commands.ts';
import type { TowlineEvent } from '../../shared/events/event.ts';
import { type Environment, type Topic, topicKey } from '../../shared/market.ts';
import type { SymbolFilter } from '../../shared/settings/symbol-selectors.ts';
import { FilterWatch } from './filter-watch.ts';
import { type Finding, failure, okay, warning } from './finding.ts';

type TopicState = {
  readonly topic: Topic;
  ackedMs?: number;
  firstDataMs?: number;
  refusal?: string;
};

export class TopicWatch {
  readonly #states = new Map<string, TopicState>();
  readonly #environment: Environment | undefined;
  readonly #filters: FilterWatch;
  readonly #errors: string[] = [];
  #readyMs: number | undefined;
  #saidEnvironment: Environment | undefined;
  #badLines = 0;

  /** `environment` is what the profile promises; undefined when nothing is promised. */
  constructor(
    topics: readonly Topic[],
    environment: Environment | undefined,
    filters: readonly SymbolFilter[] = [],
  ) {
    this.#filters = new FilterWatch(filters);
    this.#environment = environment;
    for (const topic of topics) this.#states.set(topicKey(topic), { topic });
  }

  /** An event of the child, `atMs` after its start. Answers the commands to send: the subscriptions, once it is ready. */
  heard(event: TowlineEvent, atMs: number): readonly Command[] {
    this.#filters.heard(event);
    switch (event.type) {
      case 'status':
        if (event.environment !== undefined) this.#saidEnvironment = event.environment;
        // A minimal connector only ever says "connected" (DESIGN 7.1).
        if (event.status === 'ready' || event.status === 'connected') return this.#becameReady(atMs);
        return [];
      case 'reply': {
        const state = this.#states.get(event.id);
        if (state === undefined) return [];
        if (event.ok) state.ackedMs ??= atMs;
        else state.refusal ??= event.error ?? event.code ?? 'refused without a reason';
        return [];
      }
      case 'trade':
        this.#data({ channel: 'trades', category: event.category, symbol: event.symbol }, atMs);
        return [];
      case 'depth':
        this.#data({ channel: 'depth', category: event.category, symbol: event.symbol }, atMs, event.depth);
        return [];
      case 'error':
        this.#remember(event.error.replace(/ \(and \d+ more like it\)$/, ''));
        return [];
      default:
        return [];
    }
  }

  /** A line that is no event. */
  heardGarbage(): void {
    this.#badLines += 1;
  }

  get isReady(): boolean {
    return this.#readyMs !== undefined;
  }

  /** True when there is nothing more to wait for. */
  get isComplete(): boolean {
    const isKnown = (state: TopicState): boolean =>
      state.refusal !== undefined || state.firstDataMs !== undefined;
    return this.#filters.isComplete && [...this.#states.values()].every(isKnown);
  }

  /** What was found. `ended` says how the child ended by itself, when it did. */
  findings(ended: string | undefined, waitedMs: number): readonly Finding[] {
    if (this.#readyMs === undefined) {
      const why = ended ?? `it did not say that it is ready within ${seconds(waitedMs)}`;
      const advice =
        'Run it alone to see what it sees: npm run --silent connector -- stream --symbol BTCUSDT';
      return [failure('connector', [why, ...this.#errors].join('; '), advice), ...this.#garbage()];
    }
    const head =
      ended === undefined
        ? okay('connector', `ready after ${seconds(this.#readyMs)}`)
        : failure('connector', ended, 'Run it alone to see why.');
    return [
      head,
      ...this.#environmentMismatch(),
      ...this.#garbage(),
      ...this.#filters.findings(),
      ...[...this.#states.values()].map((state) => this.#topicFinding(state, waitedMs)),
    ];
  }

  #becameReady(atMs: number): readonly Command[] {
    if (this.#readyMs !== undefined) return [];
    this.#readyMs = atMs;
    const topics = [...this.#states].map(([key, { topic }]) => subscribeCommand(topic, key));
    return [...this.#filters.questions(), ...topics];
  }

  /** The first few different errors explain what is missing. */
  #remember(error: string): void {
    if (this.#errors.length < 3 && !this.#errors.includes(error)) this.#errors.push(error);
  }

  #data(about: Topic, atMs: number, depth?: number): void {
    for (const state of this.#states.values()) {
      const { topic } = state;
      const isSame =
        topic.channel === about.channel && topic.category === about.category && topic.symbol === about.symbol;
      if (isSame && (depth === undefined || topic.depth === depth)) state.firstDataMs ??= atMs;
    }
  }

  #topicFinding(state: TopicState, waitedMs: number): Finding {
    const subject = topicKey(state.topic);
    const said = this.#errors.length === 0 ? '' : ` (${this.#errors.join('; ')})`;
    if (state.refusal !== undefined) {
      return failure(subject, `refused: ${state.refusal}`, 'Check the symbol, its market and the channel.');
    }
    if (state.firstDataMs !== undefined) {
      const acked = state.ackedMs === undefined ? '' : `acknowledged after ${seconds(state.ackedMs)}, `;
      return okay(subject, `${acked}first data after ${seconds(state.firstDataMs)}`);
    }
    if (state.ackedMs === undefined) {
      return failure(
        subject,
        `not acknowledged within ${seconds(waitedMs)}${said}`,
        'See the lines about the socket above.',
      );
    }
    if (state.topic.channel === 'trades') {
      return warning(
        subject,
        `acknowledged, but no trade within ${seconds(waitedMs)}${said}`,
        'A quiet market, perhaps: look at the symbol on the exchange.',
      );
    }
    return failure(
      subject,
      `acknowledged, but no data within ${seconds(waitedMs)}${said}`,
      'The exchange sends nothing: try again, then try another network.',
    );
  }

  #environmentMismatch(): readonly Finding[] {
    const said = this.#saidEnvironment;
    if (said === undefined || this.#environment === undefined || said === this.#environment) return [];
    return [
      failure(
        'environment',
        `the profile is ${this.#environment}, but the connector says ${said}`,
        'Correct the command in the profile.',
      ),
    ];
  }

  #garbage(): readonly Finding[] {
    if (this.#badLines === 0) return [];
    return [
      warning(
        'lines',
        `${this.#badLines} lines of the connector are no events`,
        'Only events belong on stdout; logs go to stderr (docs/stdio-protocol.md).',
      ),
    ];
  }
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
