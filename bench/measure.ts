/**
 * One run of one subject: start, subscribe, play the frames saturated and paced, read what it cost, stop.
 *
 * CPU is read right before the first frame and as soon as the last trade was consumed, from all processes of the subject
 * with all their threads. Memory is read after the paced phase, resident before the forced collection.
 */
import type { ConsumerLink, Control, Latency, Phase, Told } from './control.ts';
import type { FrameServer } from './frame-server.ts';
import { nowNs } from './frame-server.ts';
import { type BatchPlan, FIRST_ID, FrameSource } from './frames.ts';
import { cpuMicros, heldAfterGc, residentBytes, temporaryFolder, until } from './processes.ts';
import { type Part, type Subject, type SubjectName, startSubject } from './subjects.ts';

export type Load = {
  readonly tradesPerFrame: number;
  readonly saturatedFrames: number;
  readonly pacedFrames: number;
  readonly framesPerSecond: number;
};

/** Cost of one phase. `cpu` is in microseconds a frame, by process. */
export type PhaseResult = {
  readonly framesPerSecond: number;
  readonly cpu: Readonly<Partial<Record<Part['name'], number>>>;
  readonly latency: Latency | null;
};

export type RunResult = {
  readonly subject: SubjectName;
  readonly tradesPerFrame: number;
  /** Its first frames, compilation included. */
  readonly cold: PhaseResult;
  /** As many again. */
  readonly saturated: PhaseResult;
  readonly paced: PhaseResult;
  /** Bytes, by process. */
  readonly heap: Readonly<Partial<Record<Part['name'] | 'strategy', number>>>;
  readonly resident: Readonly<Partial<Record<Part['name'], { readonly now: number; readonly peak: number }>>>;
  /** What the client knows in the end and what was sent, in words. */
  readonly knows: string;
  readonly sent: string;
  /** Sentences; empty when the client knows exactly what was sent. */
  readonly wrong: readonly string[];
};

export type Bench = { readonly server: FrameServer; readonly control: Control };

/** Frames a write while saturated; one while paced, as the exchange does it. */
const SATURATED_CHUNK = 20;
/** Frames between two reports of a consumer. */
const REPORT_FRAMES = 250;
/** Time between building a paced batch and its first frame. */
const HEADSTART_MS = 300;
/** Event times of a saturated batch run ahead of the clock, so that a slow client does not get trades of closed candles. */
const AHEAD_MS = 2_000;
const PHASE_TIMEOUT_MS = 60_000;

export async function runOnce(
  bench: Bench,
  name: SubjectName,
  load: Load,
  profileFolder?: string,
): Promise<RunResult> {
  const { server, control } = bench;
  const folder = temporaryFolder();
  const source = new FrameSource();
  server.serve(source);
  const hello = control.nextConsumer();
  const subject = await startSubject(name, {
    exchangePort: server.port,
    controlPort: control.port,
    folder: folder.path,
    profileFolder,
  });
  try {
    const link = await hello;
    await until(`${name} has subscribed`, server.isSubscribed);
    await new Promise((resolve) => setTimeout(resolve, 500));
    const cold = await saturate(bench, subject, link, source, load);
    const saturated = await saturate(bench, subject, link, source, load);
    const paced = await pace(bench, subject, link, source, load);
    const played = [cold.told, saturated.told, paced.told];
    const resident = Object.fromEntries(subject.parts.map((part) => [part.name, residentBytes(part.pid)]));
    const heap: [string, number][] = [];
    for (const part of subject.parts)
      heap.push([part.name, (await heldAfterGc(part.pid, folder.path)).heapUsed]);
    if (name === 'towline') heap.push(['strategy', paced.told.heapBytes]);
    const hash = paced.told.bookHash ?? (await subject.bookHash());
    link.close();
    return {
      subject: name,
      tradesPerFrame: load.tradesPerFrame,
      cold: cold.result,
      saturated: saturated.result,
      paced: paced.result,
      heap: Object.fromEntries(heap),
      resident,
      knows: inWords(tradesOf(played), paced.told.lastId, hash),
      sent: inWords(source.truth().trades, source.truth().lastId, source.truth().bookHash),
      wrong: judge(name, source, played, hash),
    };
  } catch (error) {
    throw new Error(`${name}: ${String(error)}\nits last lines:\n${subject.lines.slice(-10).join('\n')}`);
  } finally {
    await subject.stop();
    folder.remove();
  }
}

type Done = Extract<Told, { kind: 'done' }>;
export type Played = { readonly result: PhaseResult; readonly told: Done };

/** As fast as the client takes it. */
export async function saturate(
  { server }: Bench,
  subject: Pick<Subject, 'parts'>,
  link: ConsumerLink,
  source: FrameSource,
  load: Load,
): Promise<Played> {
  const firstId = FIRST_ID + source.trades;
  const chunks = source.batch({
    ...planOf(server, load, load.saturatedFrames),
    perChunk: SATURATED_CHUNK,
    startMs: Date.now() + AHEAD_MS,
    framesPerMs: 60,
  });
  globalThis.gc?.();
  const played = await play(subject, link, server, phaseOf(load, load.saturatedFrames, firstId, null), () =>
    server.saturate(chunks),
  );
  return played;
}

/** At the rate of the load, with latencies. */
export async function pace(
  { server }: Bench,
  subject: Pick<Subject, 'parts'>,
  link: ConsumerLink,
  source: FrameSource,
  load: Load,
): Promise<Played> {
  const firstId = FIRST_ID + source.trades;
  const { framesPerSecond } = load;
  const chunks = source.batch({
    ...planOf(server, load, load.pacedFrames),
    perChunk: 1,
    startMs: Date.now() + AHEAD_MS,
    framesPerMs: framesPerSecond / 1_000,
  });
  globalThis.gc?.();
  const startNs = nowNs() + HEADSTART_MS * 1e6;
  const phase = phaseOf(load, load.pacedFrames, firstId, { startNs, framesPerSecond });
  return play(subject, link, server, phase, () => server.pace(chunks, startNs, framesPerSecond));
}

/** Arms the consumer, sends, waits until the last trade was consumed. */
async function play(
  subject: Pick<Subject, 'parts'>,
  link: ConsumerLink,
  server: FrameServer,
  phase: Phase,
  send: () => Promise<void>,
): Promise<Played> {
  const armed = Promise.withResolvers<void>();
  const done = Promise.withResolvers<Done>();
  const timer = setTimeout(
    () => done.reject(new Error('not all trades were consumed in time')),
    PHASE_TIMEOUT_MS,
  );
  link.onTold((told) => {
    if (told.kind === 'armed') armed.resolve();
    else if (told.kind === 'progress') server.consumed((2 * told.trades) / phase.tradesPerFrame);
    else if (told.kind === 'done') done.resolve(told);
  });
  link.send(phase);
  await armed.promise;
  const before = subject.parts.map(({ pid }) => cpuMicros(pid));
  const began = phase.paced?.startNs ?? nowNs();
  const [told] = await Promise.all([done.promise, send()]).finally(() => clearTimeout(timer));
  const seconds = (nowNs() - began) / 1e9;
  const frames = (2 * phase.trades) / phase.tradesPerFrame;
  const cpu = Object.fromEntries(
    subject.parts.map(({ name, pid }, index) => [name, (cpuMicros(pid) - (before[index] ?? 0)) / frames]),
  );
  return { told, result: { framesPerSecond: frames / seconds, cpu, latency: told.latency } };
}

function judge(
  name: SubjectName,
  source: FrameSource,
  phases: readonly Done[],
  hash: string | null,
): readonly string[] {
  const truth = source.truth();
  const wrong: string[] = [];
  const trades = tradesOf(phases);
  const jumps = phases.reduce((sum, told) => sum + told.jumps, 0);
  const lastId = phases.at(-1)?.lastId;
  if (trades !== truth.trades) wrong.push(`${name} consumed ${trades} trades, ${truth.trades} were sent`);
  if (jumps > 0) wrong.push(`${name} saw ${jumps} trades out of order`);
  if (lastId !== truth.lastId) wrong.push(`${name}: the last id is ${lastId}, it should be ${truth.lastId}`);
  if (hash !== null && hash !== truth.bookHash)
    wrong.push(`${name}: the hash of its book is ${hash}, it should be ${truth.bookHash}`);
  return wrong;
}

function tradesOf(phases: readonly Done[]): number {
  return phases.reduce((sum, told) => sum + told.trades, 0);
}

function inWords(trades: number, lastId: number, bookHash: string | null): string {
  return `${trades} trades, last id ${lastId}, book ${bookHash ?? 'not kept'}`;
}

function planOf(
  { placeOf }: FrameServer,
  load: Load,
  frames: number,
): Pick<BatchPlan, 'frames' | 'tradesPerFrame' | 'placeOf'> {
  return { frames, tradesPerFrame: load.tradesPerFrame, placeOf };
}

function phaseOf(load: Load, frames: number, firstId: number, paced: Phase['paced']): Phase {
  const { tradesPerFrame } = load;
  return {
    trades: (frames / 2) * tradesPerFrame,
    firstId,
    tradesPerFrame,
    reportEvery: (REPORT_FRAMES / 2) * tradesPerFrame,
    paced,
  };
}
