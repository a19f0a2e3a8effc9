/** The feed of one topic without a session: frames and faults go in, events come out in their order. */
import { parseFrame } from '../../../../connector/bybit/frames.ts';
import { bybitTopic } from '../../../../connector/bybit/topics.ts';
import type { FetchKlines } from '../../../../connector/session/feeds/candle-line.ts';
import { TopicFeeds } from '../../../../connector/session/feeds/topic-feeds.ts';
import type { UnnumberedEvent } from '../../../../shared/events/event.ts';
import type { GapCause, GapEvent } from '../../../../shared/events/process-events.ts';
import type { Topic } from '../../../../shared/market.ts';
import { scaledPolicy } from '../../../../shared/policy.ts';
import { monoMs, unixMicros, unixMs } from '../../../../shared/time.ts';

export const at = unixMs(1_760_000_000_000);

export class FeedWorld {
  readonly events: UnnumberedEvent[] = [];
  readonly renewed: string[] = [];
  readonly bad: string[] = [];
  readonly name: string;
  readonly feeds: TopicFeeds;
  now = 0;

  constructor(topic: Topic, fetchKlines?: FetchKlines) {
    this.name = bybitTopic(topic);
    this.feeds = new TopicFeeds(scaledPolicy(), 'g', {
      emit: (event) => this.events.push(event),
      renew: (name) => {
        this.renewed.push(name);
        this.feeds.get(name)?.renewing(at);
      },
      bad: (reason) => this.bad.push(reason),
      fetchKlines,
    });
    this.feeds.add(this.name, topic);
  }

  /** Frames arrive, a millisecond apart. */
  frame(...texts: readonly string[]): this {
    for (const text of texts) {
      const frame = parseFrame(text);
      if (frame.kind !== 'data') throw new Error(`not a data frame: ${text}`);
      this.now += 1;
      const receivedAt = unixMicros(at * 1_000);
      // As a session does it: from the text where a frame like it was read before, else parsed.
      if (this.feeds.frame(text, receivedAt, monoMs(this.now)) === undefined)
        this.feeds.data(frame, text, receivedAt, monoMs(this.now));
    }
    return this;
  }

  lost(cause: GapCause = 'socket_lost'): this {
    this.feeds.interruptAll(cause, at);
    return this;
  }

  /** Looks at the clock after `ms`; answers whether the topic is asked for anew. */
  judge(ms: number): boolean {
    this.now += ms;
    const isMissed = this.feeds.get(this.name)?.judge(monoMs(this.now), at) === 'renew';
    if (isMissed) this.feeds.get(this.name)?.renewing(at);
    return isMissed;
  }

  /** Takes what was told since the last call, without statuses. */
  take(): UnnumberedEvent[] {
    return this.events.splice(0).filter(({ type }) => type !== 'status');
  }

  takeStatuses(): string[] {
    return this.events.splice(0).flatMap((event) => (event.type === 'status' ? [event.status] : []));
  }
}

/** A gap in a line: `open socket_lost 5..`, `healed socket_lost 5..9`. */
export function gapLine({
  state,
  cause,
  from,
  to,
}: Pick<GapEvent, 'state' | 'cause' | 'from' | 'to'>): string {
  return `${state} ${cause} ${from?.id ?? ''}..${to?.id ?? ''}`;
}
