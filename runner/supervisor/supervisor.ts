/**
 * Drives the supervisor's machine: feeds it what happens, performs its effects, keeps one alarm for its next deadline.
 *
 * All decisions are in machine.ts. This class owns the lifetime: the current child, its generation number (what an older
 * child still says or does changes nothing), and the counters of the report. Events that arise while effects are being
 * performed wait until the step is done, so that each step sees a settled world.
 */
import type { Command } from '../../shared/commands.ts';
import { assert } from '../../shared/errors.ts';
import { assertLegal } from '../../shared/state-table.ts';
import type { MonoMs, UnixMs } from '../../shared/time.ts';
import { wakeAt } from './deadlines.ts';
import { addDeath, type Death, type DeathTally, type Ending, type Refusal } from './deaths.ts';
import { step } from './machine.ts';
import type { ChildCounts, ChildSpec, SupervisorPorts } from './ports.ts';
import { addCounts, type CurrentChild, noCounts, type SupervisorReport, supervisorReport } from './report.ts';
import {
  initialMachine,
  type SupervisorEffect,
  type SupervisorEvent,
  type SupervisorMachine,
  supervisorTable,
} from './states.ts';

export class Supervisor {
  readonly #spec: ChildSpec;
  readonly #ports: SupervisorPorts;
  readonly #pending: SupervisorEvent[] = [];
  #busy = false;
  #machine: SupervisorMachine = initialMachine;
  #since: UnixMs;
  #child: CurrentChild | undefined;
  #generation = 0;
  #heardAt: MonoMs | undefined;
  #alarm: { readonly at: MonoMs; readonly cancel: () => void } | undefined;
  #stopWaiters: (() => void)[] = [];
  #stalled = 0;
  #commandsRefused = 0;
  #pastCounts: ChildCounts = noCounts;
  #lastDeath: Death | undefined;
  #tally: DeathTally;

  constructor(spec: ChildSpec, ports: SupervisorPorts) {
    this.#spec = spec;
    this.#ports = ports;
    this.#since = ports.clock.unixMs();
    this.#tally = ports.previousDeaths ?? {};
  }

  /** Starts the child; from `backoff`, `cooling` and `held` at once. */
  start(): void {
    this.#feed({ kind: 'start' });
  }

  /** Stops the child (SIGTERM, later SIGKILL, to its group). Resolves when no child is left; at once without one. */
  stop(): Promise<void> {
    return new Promise((resolve) => {
      this.#stopWaiters.push(resolve);
      this.#feed({ kind: 'stop' });
    });
  }

  /** The operator's restart: forgets earlier failures, also the way out of `cooling` and `held`. Ignored when stopped. */
  restart(reason: string): void {
    this.#feed({ kind: 'restart', reason });
  }

  /** The child of this generation said something valid. Cheap: it comes thousands of times a second. */
  heard(generation: number): void {
    if (this.#isCurrent(generation)) this.#heardAt = this.#ports.clock.monoMs();
  }

  /** The child of this generation said that it can take commands. */
  announcedReady(generation: number): void {
    if (this.#isCurrent(generation)) this.#feed({ kind: 'announced_ready' });
  }

  /** The child of this generation is not the one that was asked for: it is stopped and not started again (`held`). */
  refuse(generation: number, refusal: Refusal): void {
    if (this.#isCurrent(generation)) this.#feed({ kind: 'refused', refusal });
  }

  /** The child of this generation gives no data whatever it tries: it is replaced, after the backoff. */
  replace(generation: number, message: string): void {
    if (this.#isCurrent(generation)) this.#feed({ kind: 'fruitless', message });
  }

  /** False when there is no child, or when it does not read and its queue is full (counted). */
  send(command: Command): boolean {
    const sent = this.#child?.handle.send(command) ?? false;
    if (!sent) this.#commandsRefused += 1;
    return sent;
  }

  report(): SupervisorReport {
    const tallies = {
      generation: this.#generation,
      since: this.#since,
      stalled: this.#stalled,
      commandsRefused: this.#commandsRefused,
      pastCounts: this.#pastCounts,
      lastDeath: this.#lastDeath,
      deaths: this.#tally,
    };
    return supervisorReport(this.#machine, this.#child, tallies, this.#ports.clock.monoMs());
  }

  #isCurrent(generation: number): boolean {
    return generation === this.#generation && this.#child !== undefined;
  }

  #feed(...events: readonly SupervisorEvent[]): void {
    this.#pending.push(...events);
    if (this.#busy) return;
    this.#busy = true;
    try {
      for (let next = this.#pending.shift(); next !== undefined; next = this.#pending.shift())
        this.#step(next);
    } finally {
      this.#busy = false;
    }
    this.#rearm();
    if (this.#child === undefined) this.#releaseStopWaiters();
  }

  #step(event: SupervisorEvent): void {
    const { clock, policy, random } = this.#ports;
    const before = this.#machine.state.kind;
    const { next, effects } = step(this.#machine, event, clock.monoMs(), policy, random);
    assertLegal(supervisorTable, before, event.kind, next.state.kind);
    this.#machine = next;
    if (next.state.kind !== before) this.#since = clock.unixMs();
    for (const effect of effects) this.#perform(effect);
    if (next.state.kind === before) return;
    this.#ports.log.debug(
      { event: 'child_state', child: this.#spec.name, from: before, to: next.state.kind, on: event.kind },
      'the supervisor changed its state',
    );
    this.#ports.onStateChange();
  }

  #perform(effect: SupervisorEffect): void {
    switch (effect.kind) {
      case 'spawn':
        this.#spawn();
        break;
      case 'terminate':
        this.#child?.handle.terminate();
        break;
      case 'kill':
        this.#child?.handle.kill();
        break;
      case 'ended':
        this.#ended(effect.ending);
        break;
    }
  }

  #spawn(): void {
    assert(this.#child === undefined, 'a child is there already');
    this.#generation += 1;
    this.#heardAt = undefined;
    const generation = this.#generation;
    const { onOrdinary } = this.#ports;
    const handle = this.#ports.spawn(this.#spec, {
      onLine: (line) => {
        if (this.#isCurrent(generation)) this.#ports.onLine(line, generation);
      },
      onOrdinary:
        onOrdinary &&
        ((events) => {
          if (this.#isCurrent(generation)) onOrdinary(events, generation);
        }),
      onOutputEnded: () => {
        if (this.#isCurrent(generation)) this.#feed({ kind: 'output_ended' });
      },
      onReadsAgain: () => {
        if (this.#isCurrent(generation)) this.#ports.onChildReadsAgain?.();
      },
      onExited: (exit) => {
        if (!this.#isCurrent(generation)) return;
        this.#feed({ kind: 'exited', exit, mayFinish: this.#spec.mayFinish === true });
      },
    });
    this.#child = { handle, startedAt: this.#ports.clock.monoMs() };
    if (handle.pid === null) return;
    this.#ports.log.info(
      { event: 'child_started', child: this.#spec.name, child_pid: handle.pid, generation },
      'the connector was started',
    );
    this.#ports.onChildStarted?.(generation);
  }

  #ended(ending: Ending): void {
    const child = this.#child;
    assert(child !== undefined, 'no child is there that could end');
    this.#child = undefined;
    this.#pastCounts = addCounts(this.#pastCounts, child.handle.counts());
    const death = this.#death(ending, child);
    this.#lastDeath = death;
    const fields = {
      child: death.name,
      child_pid: death.pid,
      cause: death.cause,
      generation: death.generation,
    };
    if (death.asked) {
      this.#ports.log.info({ event: 'child_ended', ...fields }, death.message);
    } else {
      this.#tally = addDeath(this.#tally, death.cause);
      this.#ports.log.warn({ event: 'bybit_connector_process_died', ...fields }, death.message);
      this.#ports.recordDeath(death);
    }
    this.#ports.onChildEnded(death.generation, death);
    this.#releaseStopWaiters();
  }

  #death({ cause, asked, permanent, message, exit }: Ending, child: CurrentChild): Death {
    const { clock } = this.#ports;
    return {
      name: this.#spec.name,
      generation: this.#generation,
      pid: child.handle.pid,
      at: clock.unixMs(),
      uptimeMs: Math.round(clock.monoMs() - child.startedAt),
      cause,
      asked,
      permanent,
      code: exit.code,
      signal: exit.signal,
      message,
    };
  }

  #releaseStopWaiters(): void {
    for (const resolve of this.#stopWaiters.splice(0)) resolve();
  }

  /** An alarm that rings too early only looks again; so a deadline that moves away on every line costs no timer. */
  #rearm(): void {
    const at = wakeAt(this.#machine.state);
    if (this.#alarm !== undefined && at !== undefined && this.#alarm.at <= at) return;
    this.#alarm?.cancel();
    this.#alarm =
      at === undefined ? undefined : { at, cancel: this.#ports.setAlarm(at, () => this.#ring(at)) };
  }

  #ring(at: MonoMs): void {
    const { clock, log, policy } = this.#ports;
    this.#alarm = undefined;
    const events: SupervisorEvent[] = [];
    if (this.#heardAt !== undefined && this.#child !== undefined)
      events.push({ kind: 'heard', at: this.#heardAt });
    const late = Math.round(clock.monoMs() - at);
    if (late > policy.stalledAfterMs) {
      this.#stalled += 1;
      log.warn({ event: 'runner_stalled', late_ms: late }, 'our own timer came too late');
      events.push({ kind: 'stalled' });
    }
    this.#feed(...events, { kind: 'tick', leaderGone: this.#child?.handle.isAlive() === false });
  }
}
