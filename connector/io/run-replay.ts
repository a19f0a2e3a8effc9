/**
 * The verb `replay` in the real world: a file, a pace, and a reader that may be slow.
 *
 * Nothing is ever dropped here: when the reader makes us wait, we stop reading the file. Alone, it ends with the recording;
 * under a runner it stays, alive and silent, since an end would only be a reason to start it again.
 */
import { exitCodes } from '../../shared/errors.ts';
import { PROTOCOL_VERSION, type UnnumberedEvent } from '../../shared/events/event.ts';
import type { Logger } from '../../shared/io/log.ts';
import { onStopSignal } from '../../shared/io/signals.ts';
import { type Environment, type Topic, topicKey } from '../../shared/market.ts';
import { unixMs } from '../../shared/time.ts';
import { CommandDesk } from '../command-desk.ts';
import { UsageError } from '../command-line.ts';
import { Outbox } from '../outbox.ts';
import { Replay, readRecordedLine } from '../replay.ts';
import type { ReplayOptions } from '../replay-options.ts';
import { recordedLines } from './recorded-lines.ts';
import { openStdio } from './stdio.ts';

/** The longest single wait, so that a stop is noticed soon. */
const NAP_MS = 50;

/** Replays until the end of the file, or until told to stop. Answers the exit code. */
export async function runReplay(options: ReplayOptions, log: Logger): Promise<number> {
  const environment = await environmentOf(options);
  const run = new ReplayRun(options, environment);
  const stopListening = onStopSignal((signal) => run.stop(signal));
  const code = await run.play();
  log.info({ event: 'replay_ended', ...run.replay.counts, code }, 'replay ended');
  if (code === exitCodes.done && run.hasPlayed && run.replay.counts.frames === 0)
    log.warn(
      { event: 'replay_empty', file: options.file },
      "there was no frame in it: of a dump of the flight recorder, replay the connector's half (its name has `_connector_`)",
    );
  await run.close(code);
  stopListening();
  return code;
}

class ReplayRun {
  readonly replay: Replay;
  readonly #options: ReplayOptions;
  readonly #environment: Environment;
  readonly #stdio: ReturnType<typeof openStdio>;
  readonly #outbox: Outbox;
  readonly #desk: CommandDesk;
  readonly #stopped = Promise.withResolvers<void>();
  readonly #beat: NodeJS.Timeout;
  /** Why we were told to stop; undefined while we were not. */
  #whyStopped: string | undefined;
  #lastWishAt: number | undefined;
  /** The file was read to its end. */
  hasPlayed = false;

  constructor(options: ReplayOptions, environment: Environment) {
    this.#options = options;
    this.#environment = environment;
    const { policy, category } = options;
    const emit = (event: UnnumberedEvent): void => this.#outbox.offer(event);
    this.replay = new Replay(category, policy, emit);
    this.#stdio = openStdio(
      {
        onCommand: (value) => this.#desk.take(value),
        onBadCommand: (reason) => this.#desk.unreadable(reason),
        onDrain: () => this.#outbox.drained(),
        onHangUp: (why) => this.stop(why),
      },
      { ...options, maxLineLength: policy.maxLineLength, parentCheckEveryMs: policy.parentCheckEveryMs },
    );
    this.#outbox = new Outbox('replay', Number.POSITIVE_INFINITY, {
      write: this.#stdio.write,
      isBlocked: this.#stdio.isBlocked,
      refetch: () => undefined,
      nowMs: Date.now,
    });
    this.#desk = new CommandDesk(category, {
      emit,
      nowMs: () => unixMs(Date.now()),
      isActive: () => false,
      want: (topic) => this.#granted('subscribed', topic),
      unwant: (topic) => this.#granted('unsubscribed', topic),
      stats: () => ({ ...this.replay.counts }),
      shutdown: () => this.stop('told to shut down'),
    });
    this.#beat = setInterval(
      () => this.#status('heartbeat', { queue_lines: this.#outbox.lines }),
      policy.heartbeatEveryMs,
    );
  }

  stop(why: string): void {
    this.#whyStopped ??= why;
    this.#desk.stop();
    this.#stopped.resolve();
  }

  async play(): Promise<number> {
    const { supervised, file } = this.#options;
    const environment = this.#environment;
    const pid = process.pid;
    this.#status('ready', {
      connector: 'bybit',
      protocol: PROTOCOL_VERSION,
      environment,
      clock: 'replay',
      pid,
    });
    if (supervised) await this.#wishesAreKnown();
    try {
      const code = await this.#playFile();
      if (code !== exitCodes.done) return code;
    } catch (error) {
      this.#error(`cannot read ${file}: ${error instanceof Error ? error.message : String(error)}`);
      return exitCodes.dataError;
    }
    this.hasPlayed = this.#whyStopped === undefined;
    this.#tellEnd();
    if (supervised) await this.#stopped.promise;
    return exitCodes.done;
  }

  /** Hands over what is left, if anybody takes it. */
  async close(code: number): Promise<void> {
    const ended = code === exitCodes.done ? 'the recording has ended' : 'the recording cannot be read';
    this.#status('stopping', { reason: this.#whyStopped ?? ended });
    const deadline = performance.now() + this.#options.policy.flushWithinMs;
    while (performance.now() < deadline && (this.#outbox.lines > 0 || this.#stdio.isBlocked()))
      await pause(10);
    this.#stdio.flush();
    clearInterval(this.#beat);
    this.#stdio.close();
  }

  async #playFile(): Promise<number> {
    const { file, speed } = this.#options;
    const start = performance.now();
    let first: number | undefined;
    let number = 0;
    for await (const line of recordedLines(file)) {
      number += 1;
      if (this.#whyStopped !== undefined) break;
      const entry = readRecordedLine(line);
      if (typeof entry === 'string') {
        this.#error(`${file} line ${number}: ${entry}`);
        if (number === 1) return exitCodes.dataError;
        continue;
      }
      if (entry.t === 'note') continue;
      first ??= entry.at;
      await this.#due(start + (entry.at - first) / 1_000 / speed);
      this.replay.entry(entry);
    }
    return exitCodes.done;
  }

  /** Waits for the moment of the entry and for the reader. */
  async #due(at: number): Promise<void> {
    while (this.#whyStopped === undefined) {
      const wait = at - performance.now();
      if (wait > 0) await pause(Math.min(NAP_MS, wait));
      else if (this.#stdio.isBlocked()) await pause(1);
      else return;
    }
  }

  /** The runner's subscriptions come in one burst; the replay begins when it is over. */
  async #wishesAreKnown(): Promise<void> {
    const { tickEveryMs } = this.#options.policy;
    while (
      this.#whyStopped === undefined &&
      (this.#lastWishAt === undefined || performance.now() - this.#lastWishAt < tickEveryMs)
    )
      await pause(5);
  }

  /** A wish chooses what is told of the recording, so it is granted at once. */
  #granted(kind: 'subscribed' | 'unsubscribed', topic: Topic): void {
    if (kind === 'subscribed') this.replay.want(topic);
    else this.replay.unwant(topic);
    this.#lastWishAt = performance.now();
    this.#outbox.offer({ type: 'status', status: kind, scope: 'topic', ...topic });
    this.#desk.settled({ kind, topic });
  }

  #tellEnd(): void {
    for (const topic of this.replay.missing()) {
      const error = `the recording holds nothing of ${topicKey(topic)}`;
      this.#outbox.offer({
        type: 'error',
        error,
        code: 'topic_refused',
        retryable: false,
        ...topic,
      });
    }
    const { frames } = this.replay.counts;
    this.#outbox.offer({
      type: 'progress',
      task: 'replay',
      current: frames,
      total: frames,
      done: true,
      at: Date.now(),
    });
  }

  #status(status: 'ready' | 'heartbeat' | 'stopping', more: object): void {
    this.#outbox.offer({ type: 'status', status, scope: 'process', at: Date.now(), ...more });
  }

  #error(error: string): void {
    this.#outbox.offer({ type: 'error', error, code: 'recording_bad', retryable: false });
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/**
 * Where the recording was made: its first line says so, and the user must not say otherwise, since simulated prices would
 * then pass for real ones. Recordings of other programs say nothing; they count as mainnet unless the user knows better.
 */
async function environmentOf({ file, environment }: ReplayOptions): Promise<Environment> {
  const entry = readRecordedLine(await firstLine(file));
  const recorded = typeof entry === 'string' ? undefined : entry.environment;
  if (recorded !== undefined && environment !== undefined && recorded !== environment) {
    throw new UsageError('replay', [
      `--environment: the recording ${file} says ${recorded}, not ${environment}; leave the option out`,
    ]);
  }
  return recorded ?? environment ?? 'mainnet';
}

/** Empty when the file cannot be read: playing it says why. */
async function firstLine(file: string): Promise<string> {
  try {
    for await (const line of recordedLines(file)) return line;
  } catch {
    // As above.
  }
  return '';
}
