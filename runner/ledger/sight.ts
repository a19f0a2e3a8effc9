/**
 * Since when a topic cannot be seen, and until when: the time of a gap, as its ends are its place in the stream.
 *
 * It begins when the topic was last known to be alive: its newest event was received, the exchange acknowledged it, or, by the heartbeats,
 * frames came on its socket while it was subscribed and not silent. That is at most some beats too early, never too late. A gap
 * because of silence, or of events that were given up, begins with the newest event. It ends with the event that ends the gap; of trades
 * and liquidations, which may be hours apart, already when the exchange has acknowledged the topic anew or a heartbeat shows it alive.
 * Lost again before that event the gap goes on, with another such time. Only the sockets that carry a topic can lose it.
 */
import type { GapEvent, StatusEvent, TopicReport } from '../../shared/events/process-events.ts';
import { type Topic, topicKey } from '../../shared/market.ts';
import { type Millis, type UnixMs, unixMs } from '../../shared/time.ts';
import type { StoredGap, Unseen } from './changes.ts';
import { unseenAgain } from './unseen.ts';

/** Of gaps whose end may still come; older ones keep what was written of them. */
const MAX_KNOWN = 20_000;
/** A gap that is told for the first time and was opened longer ago is one that we had forgotten. */
const NEW_WITHIN_MS: Millis = 60_000;

type Line = {
  readonly category: Topic['category'];
  lineAt: number;
  dataAt: number;
  /** The sockets on which it is alive, by number; undefined where the child does not say: any of its market may be it. */
  sockets: readonly number[] | undefined;
};
type Blind = { readonly gap: GapEvent; readonly unseen: Unseen };

export class Sight {
  readonly #lines = new Map<string, Line>();
  /** Frames of each socket at the last heartbeat. */
  #frames = new Map<string, number>();
  #beatAt: number | undefined;
  /** By gap_id; null: only its places are known. */
  readonly #known = new Map<string, Unseen | null>();
  /** By topic: the gap that has no end yet. */
  readonly #blind = new Map<string, Blind>();

  /**
   * A gap of an earlier run. Answers what is known of it now: one without an end goes on, since nothing was seen without a runner, which
   * was known to live until `aliveUntil`.
   */
  takeUp({ gap, unseen }: StoredGap, aliveUntil: UnixMs): Unseen | undefined {
    const goesOn = unseen !== undefined && gap.state === 'open' && gap.to === null;
    const now = goesOn ? unseenAgain(unseen, aliveUntil) : unseen;
    this.#remember(gap.gap_id, now ?? null);
    if (goesOn && now !== undefined) this.#blind.set(topicKey(gap), { gap, unseen: now });
    return now;
  }

  /** A gap is told. `receivedAt`: receipt of the topic's newest event. Answers nothing where only the gap's places are known. */
  gap(gap: GapEvent, receivedAt: UnixMs | undefined, nowMs: UnixMs): Unseen | undefined {
    const key = topicKey(gap);
    const isOver = gap.to !== null || gap.state !== 'open';
    const known = this.#known.get(gap.gap_id);
    const begun = known === undefined ? this.#begin(gap, key, receivedAt, nowMs) : known;
    const unseen = begun !== null && isOver ? ended(begun, gap, nowMs) : begun;
    this.#remember(gap.gap_id, unseen);
    if (unseen === null) return undefined;
    if (!isOver) this.#blind.set(key, { gap, unseen });
    else if (this.#blind.get(key)?.gap.gap_id === gap.gap_id) this.#blind.delete(key);
    return unseen;
  }

  /** What a child says of its lines. Answers the gaps of which more is known by it. */
  status(event: StatusEvent, nowMs: UnixMs): readonly Blind[] {
    const at = event.at ?? undefined;
    switch (event.status) {
      case 'heartbeat':
        return this.#beat(event, at ?? nowMs);
      case 'subscribed':
        // Without a time it is only the answer to our own question, which the exchange may not have heard yet.
        return at === undefined || event.scope !== 'topic' ? [] : this.#acknowledged(event, at);
      case 'disconnected':
        return event.scope === 'private' ? [] : this.#disconnected(event);
      default:
        return [];
    }
  }

  /** Nothing can be seen until the next child has subscribed. To be called after its gaps were told. */
  childEnded(): readonly Blind[] {
    this.#frames = new Map();
    this.#beatAt = undefined;
    for (const line of this.#lines.values()) line.sockets = undefined;
    return this.#blindAgain(() => true);
  }

  forget(topic: Topic): void {
    this.#lines.delete(topicKey(topic));
    this.#blind.delete(topicKey(topic));
  }

  /** Null when it is not known when the line was seen last. */
  #begin(gap: GapEvent, key: string, receivedAt: UnixMs | undefined, nowMs: UnixMs): Unseen | null {
    if (gap.channel === 'kline') return null;
    if (gap.cause === 'runner_stopped') return { from: unixMs(gap.at), until: null };
    // One that is told with its end, or late, began before what we know of its line by now.
    if (gap.state !== 'open' || gap.to !== null || nowMs - gap.at > NEW_WITHIN_MS) return null;
    const line = this.#lines.get(key);
    const data = Math.max(receivedAt ?? 0, line?.dataAt ?? 0);
    const isByData = gap.cause === 'data_silent' || gap.cause === 'overload';
    const at = isByData ? data : Math.max(data, line?.lineAt ?? 0);
    return at === 0 ? null : { from: unixMs(Math.min(at, nowMs)), until: null };
  }

  #beat({ topics = [], sockets = [] }: StatusEvent, at: number): readonly Blind[] {
    const before = this.#frames;
    const since = this.#beatAt;
    this.#frames = new Map();
    this.#beatAt = at;
    /** Categories and sockets on which something came since the last beat. */
    const alive = new Set<string>();
    for (const { category, socket, frames } of sockets) {
      const name = `${category} ${socket ?? ''}`;
      this.#frames.set(name, frames);
      if (frames > (before.get(name) ?? Number.POSITIVE_INFINITY)) alive.add(category).add(name);
    }
    const changed: Blind[] = [];
    for (const report of topics) {
      const key = topicKey(report);
      if (report.age_ms !== null) this.#seen(key, report).dataAt = at - report.age_ms;
      if (since === undefined || !isAlive(report, alive)) continue;
      const line = this.#seen(key, report);
      line.lineAt = Math.max(line.lineAt, since);
      line.sockets = report.sockets?.filter((socket) => alive.has(`${report.category} ${socket}`));
      changed.push(...this.#sees(key, at));
    }
    return changed;
  }

  #acknowledged(event: StatusEvent, at: number): readonly Blind[] {
    const { channel, category, symbol, depth, interval, socket } = event;
    if (channel === undefined || category === undefined || symbol === undefined) return [];
    const topic = { channel, category, symbol, depth, interval };
    const key = topicKey(topic);
    const line = this.#seen(key, topic);
    line.lineAt = Math.max(line.lineAt, at);
    if (socket === undefined) line.sockets = undefined;
    else if (line.sockets?.includes(socket) !== true) line.sockets = [...(line.sockets ?? []), socket];
    return this.#sees(key, at);
  }

  /** One socket, or all of a market, or all, as far as they are named. */
  #disconnected({ category, socket }: StatusEvent): readonly Blind[] {
    const isNamed = (line: Line): boolean => category === undefined || line.category === category;
    if (socket !== undefined)
      for (const line of this.#lines.values())
        if (isNamed(line) && line.sockets?.includes(socket) === true)
          line.sockets = line.sockets.filter((other) => other !== socket);
    return this.#blindAgain((line) => isNamed(line) && (socket === undefined || !isCarried(line)));
  }

  /** What is traded from now on would be seen. */
  #sees(key: string, at: number): readonly Blind[] {
    const blind = this.#blind.get(key);
    if (blind === undefined || blind.unseen.until !== null || at < blind.unseen.from) return [];
    const { channel, cause } = blind.gap;
    if ((channel !== 'trades' && channel !== 'liquidation') || cause === 'overload') return [];
    return [this.#change(key, blind, { ...blind.unseen, until: unixMs(at) })];
  }

  /** Those that saw again see no more. */
  #blindAgain(isLost: (line: Line) => boolean): readonly Blind[] {
    const changed: Blind[] = [];
    for (const [key, blind] of this.#blind) {
      const line = this.#seen(key, blind.gap);
      if (blind.unseen.until === null || !isLost(line)) continue;
      const since = Math.max(line.lineAt, line.dataAt);
      changed.push(this.#change(key, blind, unseenAgain(blind.unseen, since)));
    }
    return changed;
  }

  #change(key: string, { gap }: Blind, unseen: Unseen): Blind {
    const changed: Blind = { gap, unseen };
    this.#blind.set(key, changed);
    this.#remember(gap.gap_id, changed.unseen);
    return changed;
  }

  #seen(key: string, { category }: Pick<Topic, 'category'>): Line {
    const known = this.#lines.get(key);
    if (known !== undefined) return known;
    const line: Line = { category, lineAt: 0, dataAt: 0, sockets: undefined };
    this.#lines.set(key, line);
    return line;
  }

  #remember(gapId: string, unseen: Unseen | null): void {
    this.#known.set(gapId, unseen);
    if (this.#known.size <= MAX_KNOWN) return;
    const [oldest] = this.#known.keys();
    if (oldest !== undefined) this.#known.delete(oldest);
  }
}

/** Where the child does not say which sockets carry it, the one that was lost may be it. */
function isCarried({ sockets }: Line): boolean {
  return sockets !== undefined && sockets.length > 0;
}

function ended(unseen: Unseen, gap: GapEvent, nowMs: UnixMs): Unseen {
  const { from, until } = unseen;
  // One of an earlier run may be told long after it ended.
  const at = gap.cause === 'runner_stopped' && gap.to !== null ? Math.min(gap.to.timestamp, nowMs) : nowMs;
  return { ...unseen, until: until ?? unixMs(Math.max(from, at)) };
}

function isAlive({ category, state, stale, sockets }: TopicReport, alive: ReadonlySet<string>): boolean {
  if (state !== 'active' || stale) return false;
  return sockets === undefined
    ? alive.has(category)
    : sockets.some((socket) => alive.has(`${category} ${socket}`));
}
