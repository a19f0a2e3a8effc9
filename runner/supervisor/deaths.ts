/**
 * What an end of a child means: its cause, whether it was asked for, whether trying again can help, in plain words.
 *
 * A cause is the answer to "why did it end", not "how": a mute child that we stopped died of silence, whatever signal ended
 * it. Only unasked ends are deaths: they count towards `cooling` and go into the tally, which outlives the runner. Exit
 * codes 64, 77 and 78 are the child's own word that trying again is of no use (shared/errors.ts); of a child that is not the
 * one that was asked for, the runner knows it.
 */
import { permanentExitCodes } from '../../shared/errors.ts';
import type { Millis, MonoMs, UnixMs } from '../../shared/time.ts';

/** How a child ended, as io/child.ts saw it. `spawnError` says in words why it never ran. */
export type ChildExit = {
  readonly code: number | null;
  readonly signal: string | null;
  readonly spawnError: string | null;
};

/** Why a child is not the one that was asked for (intake/child-identity.ts): the same command would say the same again. */
const refusalCauses = ['wrong_environment', 'wrong_clock', 'wrong_protocol'] as const;
/** Why we stopped a child. */
const stopCauses = [
  'not_ready',
  'silent',
  'data_silent',
  'protocol',
  ...refusalCauses,
  'restarted',
  'stopped',
] as const;
export type StopCause = (typeof stopCauses)[number];
/** The causes that are one word; the others carry an exit code or the name of a signal. */
export const namedCauses = [...stopCauses, 'spawn_failed', 'finished'] as const;
/**
 * The keys of the tally and `last_exit.code` of /ws/health, for example `exit_1`, `signal_sigkill`, `silent`. Programs rely on
 * them: they are never renamed. docs/semantics.md says what each means.
 */
export type DeathCause = (typeof namedCauses)[number] | `exit_${number}` | `signal_${string}`;

/** Why we stopped a child, and in words for whoever reads the report. */
export type StopReason = { readonly cause: StopCause; readonly message: string };
/** Why a child was refused: both values, and what to do. */
export type Refusal = StopReason & { readonly cause: (typeof refusalCauses)[number] };

/** The verdict on one end. */
export type Ending = {
  readonly cause: DeathCause;
  /** The operator, or the work being done, wanted it. */
  readonly asked: boolean;
  /** Trying again cannot help. */
  readonly permanent: boolean;
  /** One plain sentence. */
  readonly message: string;
  readonly exit: ChildExit;
};

/** One end of one child, as it is reported and recorded. */
export type Death = {
  /** Which child: the name of its spec. */
  readonly name: string;
  readonly generation: number;
  readonly pid: number | null;
  readonly at: UnixMs;
  readonly uptimeMs: Millis;
  readonly cause: DeathCause;
  readonly asked: boolean;
  readonly permanent: boolean;
  readonly code: number | null;
  readonly signal: string | null;
  readonly message: string;
};

/** Deaths by cause. */
export type DeathTally = Readonly<Record<string, number>>;

/** Judges an end. `stop` is why we had asked the child to stop, null when it went by itself. */
export function judgeEnding(exit: ChildExit, stop: StopReason | null, mayFinish: boolean): Ending {
  if (exit.spawnError !== null)
    return { cause: 'spawn_failed', asked: false, permanent: false, message: exit.spawnError, exit };
  const asked = stop !== null && (stop.cause === 'restarted' || stop.cause === 'stopped');
  const refused = stop !== null && refusalCauses.some((cause) => cause === stop.cause);
  const saidSo = !asked && exit.code !== null && permanentExitCodes.includes(exit.code);
  const permanent = refused || saidSo;
  if (stop !== null && (refused || !saidSo))
    return { cause: stop.cause, asked, permanent, message: `${stop.message}; ${howItEnded(exit)}`, exit };
  if (mayFinish && exit.code === 0)
    return { cause: 'finished', asked: true, permanent, message: 'the connector finished its work', exit };
  return { cause: causeOfExit(exit), asked, permanent, message: exitMessage(exit), exit };
}

/** The deaths that still count at `now`, with the one of `now` added: oldest first, at most `limit` + 1 (more say no more). */
export function deathsWithin(
  deaths: readonly MonoMs[],
  now: MonoMs,
  windowMs: Millis,
  limit: number,
): readonly MonoMs[] {
  return [...deaths.filter((at) => now - at < windowMs), now].slice(-limit - 1);
}

/** The tally with one more death of this cause. */
export function addDeath(tally: DeathTally, cause: DeathCause): DeathTally {
  return { ...tally, [cause]: (tally[cause] ?? 0) + 1 };
}

function causeOfExit({ code, signal }: ChildExit): DeathCause {
  return signal === null ? `exit_${code ?? -1}` : `signal_${signal.toLowerCase()}`;
}

/** What an exit code says, in the words of sysexits(3) and of the shells. */
const exitCodeMeanings: Readonly<Record<number, string>> = {
  0: 'it ended by itself although nobody asked it to',
  64: 'its command line is wrong. Correct it, then restart',
  65: 'its input cannot be read',
  70: 'a bug in the connector',
  75: 'a temporary cause',
  77: 'the exchange refused the credentials. Correct the key, then restart',
  78: 'a setting is wrong. Correct it, then restart',
  126: 'the program cannot be executed',
  127: 'the program was not found',
};

function exitMessage(exit: ChildExit): string {
  if (exit.signal !== null)
    return `the connector was killed by ${exit.signal}, which did not come from the runner`;
  const meaning = exit.code === null ? undefined : exitCodeMeanings[exit.code];
  return `the connector ended with exit code ${exit.code}${meaning === undefined ? '' : `: ${meaning}`}`;
}

function howItEnded({ code, signal }: ChildExit): string {
  if (signal === 'SIGKILL') return 'it did not stop when asked and was killed';
  return signal === null ? `it stopped with exit code ${code}` : `it stopped on ${signal}`;
}
