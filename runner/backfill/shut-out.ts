/** Is this address shut out, as a history child says? Then another one could only say so, too. Pure: the time is an argument. */
import type { PoliteReport } from '../../shared/events/history-events.ts';
import type { Millis, UnixMs } from '../../shared/time.ts';

export type ShutOut = {
  /** From now on. */
  readonly leftMs: Millis;
  /** For whoever asks why nothing is fetched. */
  readonly words: string;
};

/** @param mostMs - nobody is believed for longer: a child's clock, or its word, may be wrong */
export function shutOutOf(
  polite: PoliteReport | undefined,
  now: UnixMs,
  mostMs: Millis,
): ShutOut | undefined {
  if (polite === undefined) return undefined;
  const lanes = [polite.rest, polite.archive];
  const until = Math.max(...lanes.map(({ banned_until: at }) => at ?? 0));
  if (until <= now) return undefined;
  const leftMs = Math.min(until - now, mostMs);
  const because = lanes.find((lane) => lane.banned_until === until)?.banned_because ?? 'no reason was told';
  const words = `the exchange has shut this address out (${because}): history is asked again at ${new Date(now + leftMs).toISOString()}`;
  return { leftMs, words };
}
