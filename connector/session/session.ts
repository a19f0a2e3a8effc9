/**
 * One live conversation with one public socket URL, across reconnects; one of the sockets of a pool.
 *
 * Pure: frames, answers of the network and the clock come in; effects (open, close, send, emit) go out through ports, in
 * order. Everything that can go wrong on the exchange's side ends in a state with a reason, never in an exception.
 */
import type { ErrorCode } from '../../shared/errors.ts';
import { isRetryable } from '../../shared/errors.ts';
import type { GapCause, SocketReport, TopicReport } from '../../shared/events/process-events.ts';
import type { Topic } from '../../shared/market.ts';
import { withoutLogin } from '../../shared/settings/words.ts';
import type { MonoMs, UnixMicros } from '../../shared/time.ts';
import { type AckFrame, guessTopic, parseFrame } from '../bybit/frames.ts';
import { socketLimits } from '../bybit/requests.ts';
import { bybitTopic } from '../bybit/topics.ts';
import { ErrorThrottle } from './error-throttle.ts';
import { TopicFeeds } from './feeds/topic-feeds.ts';
import type { SessionConfig, SessionPorts } from './session-ports.ts';
import { OwnSleep } from './silence/own-sleep.ts';
import { SocketSilence } from './silence/socket-silence.ts';
import { SocketLife } from './sockets/socket-life.ts';
import type { Frame } from './sockets/socket-port.ts';
import { socketStatus } from './sockets/socket-status.ts';
import { outcomeEvent } from './subscriptions/outcome-event.ts';
import { RequestSender } from './subscriptions/request-sender.ts';
import { type Outcome, Subscriptions } from './subscriptions/subscriptions.ts';
import type { Resume } from './trades/trade-line-types.ts';

const causeOf: Partial<Record<ErrorCode, GapCause>> = {
  data_silent: 'data_silent',
  machine_slept: 'machine_slept',
};

export class Session {
  readonly #config: SessionConfig;
  readonly #ports: SessionPorts;
  readonly #subscriptions: Subscriptions;
  readonly #feeds: TopicFeeds;
  readonly #errors: ErrorThrottle;
  readonly #sender: RequestSender;
  readonly #socket: SocketLife;
  readonly #silence: SocketSilence;
  readonly #sleep: OwnSleep;
  #frames = 0;
  #badFrames = 0;
  /** When the exchange pushed the newest data frame, ms by its clock. */
  #sentAt: number | undefined;

  constructor(config: SessionConfig, ports: SessionPorts) {
    // What is told of the socket; only the one who opens it needs the login.
    this.#config = { ...config, url: withoutLogin(config.url) };
    this.#ports = ports;
    const { ackWithinMs, sendsPerSecond } = config.policy.connection;
    this.#subscriptions = new Subscriptions({
      argsPerRequest: socketLimits[config.category].argsPerRequest,
      answerWithinMs: ackWithinMs,
    });
    this.#errors = new ErrorThrottle(config.policy.errorEveryMs, ports.emit);
    this.#sender = new RequestSender(this.#subscriptions, sendsPerSecond, ports.send);
    this.#silence = new SocketSilence(config.policy);
    this.#sleep = new OwnSleep(config.policy);
    this.#socket = new SocketLife(config.policy.connection, {
      ...ports,
      open: () => ports.open(config.url),
      tell: (status, reason) => ports.emit(socketStatus(this.#config, status, reason, ports.clock.unixMs())),
      up: () => {
        this.#restartSilence(ports.clock.monoMs());
        this.#sendWishes();
      },
      down: (code, reason) => this.#down(code, reason),
    });
    this.#feeds = new TopicFeeds(config.policy, config.name, {
      emit: ports.emit,
      renew: (name) => this.#renew(name),
      bad: (reason) => {
        this.#badFrames += 1;
        this.#error('bad_frame', reason);
      },
      fetchKlines: ports.fetchKlines,
      lines: ports.lines,
      socket: config.socket,
      heard: this.#sleep.heard,
      askNewest: ports.askNewest,
      sentAt: () => this.#sentAt,
    });
  }

  /** A topic is wanted from now on; opens the socket when it is the first. Whoever calls sees to it that there is room. */
  want(topic: Topic, resume?: Resume): void {
    const name = bybitTopic(topic);
    this.#subscriptions.want(topic, name);
    this.#feeds.add(name, topic);
    if (resume !== undefined) this.#feeds.get(name)?.resume(resume, this.#ports.clock.unixMs());
    if (this.#socket.kind === 'closed') this.#socket.step({ kind: 'start' });
    this.#sendWishes();
  }

  unwant(topic: Topic): void {
    const name = bybitTopic(topic);
    this.#feeds.delete(name);
    this.#silence.forgetPace();
    if (this.#subscriptions.unwant(name)) this.#settle({ kind: 'unsubscribed', topic });
    this.#sendWishes();
  }

  /** True when the exchange has acknowledged the topic on the present connection. */
  isActive(topic: Topic): boolean {
    return this.#subscriptions.get(bybitTopic(topic))?.state === 'active';
  }

  /** Fetches one book anew: its deltas were dropped on the way to a slow reader. */
  refetch(topic: Topic): void {
    const name = bybitTopic(topic);
    this.#feeds.get(name)?.dropBook();
    this.#renew(name);
  }

  opened(): void {
    this.#socket.step({ kind: 'opened' });
  }

  lost(code: ErrorCode, reason: string): void {
    this.#socket.step({ kind: 'lost', code, reason });
  }

  stop(): void {
    this.#socket.step({ kind: 'stop' });
  }

  /** Closed for good although nothing is wrong; told, unlike a stop of the whole process. */
  retire(why: string): void {
    this.stop();
    const now = this.#ports.clock.unixMs();
    const closed = socketStatus(this.#config, 'disconnected', `closed: ${why}`, now);
    this.#ports.emit({ ...closed, retired: true });
  }

  /** A frame from the current socket. One that was on its way when the socket was given up belongs to the gap. */
  received(frame: Frame, receivedAt: UnixMicros): void {
    if (this.#socket.kind !== 'open') return;
    const now = this.#ports.clock.monoMs();
    this.#frames += 1;
    const sentAt = this.#feeds.frame(frame, receivedAt, now);
    if (sentAt !== undefined) return this.#gaveData(sentAt, receivedAt, now);
    this.#parsed(frame.toString(), receivedAt, now);
  }

  #parsed(text: string, receivedAt: UnixMicros, now: MonoMs): void {
    const frame = parseFrame(text);
    switch (frame.kind) {
      case 'data':
        this.#gaveData(frame.ts, receivedAt, now);
        return this.#feeds.data(frame, text, receivedAt, now);
      case 'pong':
        return this.#socket.step({ kind: 'pong' });
      case 'ack':
        this.#answered(frame);
        return this.#sendWishes();
      case 'notice':
        return this.#error('bad_frame', `the exchange says: ${frame.message}`);
      case 'bad':
        return this.#feeds.unreadable(
          guessTopic(text),
          `${frame.reason}: ${text.slice(0, 200)}`,
          this.#ports.clock.unixMs(),
        );
    }
  }

  #gaveData(sentAt: number, receivedAt: UnixMicros, now: MonoMs): void {
    this.#silence.seen(now);
    this.#sentAt = sentAt;
    this.#ports.clockOffset.seen(receivedAt, sentAt, now);
  }

  /**
   * Looks at every deadline; to be called every `policy.tickEveryMs`. `siblingDataAt` is when another socket of the market
   * gave data last.
   */
  tick(siblingDataAt?: MonoMs): void {
    const now = this.#ports.clock.monoMs();
    if (this.#sleep.wasAsleep(now)) return this.#stalled(now);
    this.#sleep.awake(now);
    this.#socket.step({ kind: 'tick' });
    if (this.#socket.kind !== 'open') return;
    for (const outcome of this.#subscriptions.timedOut(now)) this.#settle(outcome);
    this.#judgeSilence(now, siblingDataAt);
    this.#sendWishes();
  }

  /** When a data frame came last; undefined before the first. */
  get dataAt(): MonoMs | undefined {
    return this.#silence.dataAt;
  }

  topicReports(now: MonoMs): readonly TopicReport[] {
    const sockets = [this.#config.socket];
    return [...this.#subscriptions.all()].flatMap(({ name, state }) => {
      const report = this.#feeds.get(name)?.report(state, now);
      return report === undefined ? [] : [{ ...report, sockets }];
    });
  }

  socketReport(): SocketReport {
    const { category, socket, url } = this.#config;
    return {
      category,
      socket,
      url,
      topics: this.#subscriptions.size,
      state: this.#socket.kind,
      reconnects: this.#socket.losses,
      frames: this.#frames,
      bad_frames: this.#badFrames,
    };
  }

  /** A topic went stale: ask for it anew. All data of the socket went silent: a new socket. */
  #judgeSilence(now: MonoMs, siblingDataAt: MonoMs | undefined): void {
    const at = this.#ports.clock.unixMs();
    const topics = this.#feeds.judge([...this.#subscriptions.all()], now, at);
    const silentFor = this.#silence.judge(topics, now, siblingDataAt);
    if (silentFor !== undefined)
      return this.lost('data_silent', `connected, but no data for ${Math.round(silentFor)} ms`);
    const mute = topics.find(({ wantsSocket }) => wantsSocket);
    if (mute !== undefined)
      this.lost('data_silent', `${mute.name} gives nothing, although it was asked for anew again and again`);
  }

  /** Silence before this moment proves nothing: a new connection, or we ourselves were asleep. */
  #restartSilence(now: MonoMs): void {
    this.#silence.restart(now);
    this.#feeds.resumeAll(now);
  }

  #stalled(now: MonoMs): void {
    this.#sleep.awake(now);
    this.#socket.step({ kind: 'stalled' });
    this.#ports.clockOffset.forget();
    this.#subscriptions.restartDeadlines(now);
    this.#restartSilence(now);
  }

  #answered({ success, requestId, namedTopic, message, alreadySubscribed }: AckFrame): void {
    const outcomes = success
      ? this.#subscriptions.acked(requestId)
      : this.#subscriptions.refused(requestId, namedTopic, message, alreadySubscribed);
    for (const outcome of outcomes) this.#settle(outcome);
    if (!success && !alreadySubscribed && outcomes.length === 0)
      this.#error('topic_refused', `the exchange refused a request: ${message}`);
  }

  #renew(name: string): void {
    if (this.#subscriptions.get(name)?.state === 'active')
      this.#feeds.get(name)?.renewing(this.#ports.clock.unixMs());
    this.#subscriptions.renew(name);
    this.#sendWishes();
  }

  #sendWishes(): void {
    this.#sender.flush(this.#ports.clock.monoMs(), () => this.#socket.kind === 'open');
  }

  #down(code: ErrorCode, reason: string): void {
    this.#error(code, `${this.#config.url}: ${reason}`);
    for (const outcome of this.#subscriptions.disconnected()) this.#settle(outcome);
    this.#feeds.interruptAll(causeOf[code] ?? 'socket_lost', this.#ports.clock.unixMs());
  }

  #settle(outcome: Outcome): void {
    const at = this.#ports.clock.unixMs();
    if (outcome.kind === 'unanswered') {
      this.#feeds.get(bybitTopic(outcome.topic))?.unanswered(at);
      this.#error(
        'ack_missing',
        `no answer to the subscription of ${bybitTopic(outcome.topic)}; asking again`,
      );
    } else {
      if (outcome.kind === 'subscribed')
        this.#feeds.get(bybitTopic(outcome.topic))?.agreed(this.#ports.clock.monoMs());
      this.#ports.emit(outcomeEvent(outcome, at));
    }
    this.#ports.settled(outcome);
  }

  #error(code: ErrorCode, error: string): void {
    const { category } = this.#config;
    this.#errors.emit(
      { type: 'error', error, code, retryable: isRetryable(code), at: this.#ports.clock.unixMs(), category },
      this.#ports.clock.monoMs(),
    );
  }
}
