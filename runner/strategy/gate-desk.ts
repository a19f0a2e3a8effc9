/**
 * The gates of all strategies, and the one of everything that is wanted, which the page shows: looked at when something may have
 * changed, at the very place in the stream, and a few times a second for what time alone changes.
 */
import type { GapEvent } from '../../shared/events/process-events.ts';
import type { Millis, MonoMs, UnixMs } from '../../shared/time.ts';
import type { StrategyNeed } from './api.ts';
import { findingsOf, Gate, type GateFacts, type GateState, speaksAgainst } from './gate.ts';

export type GateSources = {
  /** Changes with every change of a topic's phase: whoever remembers it need not ask for the facts, but for a gap. */
  readonly changes: () => number;
  readonly nowMs: () => UnixMs;
  readonly facts: (now: MonoMs) => GateFacts;
  /** A recording flows as fast as it is read: waiting for it to be well for a while would depend on the machine. */
  readonly isReplay: () => boolean;
  readonly openAfterMs: Millis;
};

/** A strategy behind a gate. */
export type Gated = {
  /** What it declared; undefined: everything that is wanted. */
  readonly needs: () => readonly StrategyNeed[] | undefined;
  readonly onGate: (state: GateState, now: MonoMs) => void;
};

export class GateDesk {
  readonly #sources: GateSources;
  readonly #whole: Gate;
  readonly #gated: readonly { readonly gated: Gated; readonly gate: Gate }[];
  #seen = -1;

  constructor(sources: GateSources, gated: readonly Gated[]) {
    this.#sources = sources;
    this.#whole = new Gate(sources.openAfterMs);
    this.#gated = gated.map((one) => ({ gated: one, gate: new Gate(sources.openAfterMs) }));
  }

  /**
   * To be called before each event goes to the strategies, with the event where it is a gap; cheap while nothing has changed. Only
   * what shuts a gate is urgent: while all are shut, what topics say at the start of a wide market is left to the next `look`, and
   * so are the gaps of hundreds of symbols that no open gate needs.
   */
  glance(gap: GapEvent | undefined, now: MonoMs): void {
    const isChanged = this.#sources.changes() !== this.#seen;
    if (!isChanged && gap === undefined) return;
    if (this.#sources.isReplay() || this.#mayShut(isChanged ? undefined : gap)) this.look(now);
  }

  look(now: MonoMs): void {
    const { facts, changes, nowMs, isReplay } = this.#sources;
    const atMs = nowMs();
    this.#seen = changes();
    const known = facts(now);
    const atOnce = isReplay();
    const all = findingsOf(known);
    this.#whole.step(all, now, atMs, atOnce);
    for (const { gated, gate } of this.#gated) {
      const needs = gated.needs();
      const findings = needs === undefined ? all : findingsOf(known, needs);
      if (gate.step(findings, now, atMs, atOnce)) gated.onGate(gate.state, now);
    }
  }

  /** May it shut one that is open? Without a gap: a change of whatever kind. */
  #mayShut(gap: GapEvent | undefined): boolean {
    return this.#gated.some(
      ({ gated, gate }) => gate.state.open && (gap === undefined || speaksAgainst(gap, gated.needs())),
    );
  }

  /** Of everything that is wanted. */
  get whole(): GateState {
    return this.#whole.state;
  }

  /** Of the strategy at this place. */
  stateOf(index: number): GateState {
    return this.#gated[index]?.gate.state ?? this.#whole.state;
  }

  /** A signal that comes now, of events of before: is it still to be acted upon? In a recording there is no "now". */
  lets(index: number): boolean {
    return this.#sources.isReplay() || this.stateOf(index).open;
  }
}
