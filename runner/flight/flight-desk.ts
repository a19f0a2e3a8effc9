/**
 * Decides when the flight recorder is written out, and has it written: the runner's half here, the connector's half by the
 * connector. Faults do it by themselves, but not more often than the policy says; whoever asks always gets a dump.
 *
 * The connector is told first, so that its half ends at the fault. One that is dead, foreign or hangs has no half to give: that is
 * said, and the other half is written all the same.
 */
import type { Command } from '../../shared/commands.ts';
import { dumpFileName } from '../../shared/dump-files.ts';
import { DumpBudget, faultOf } from '../../shared/dump-triggers.ts';
import { fail, ok, type Result } from '../../shared/errors.ts';
import type { TowlineEvent } from '../../shared/events/event.ts';
import type { ReplyEvent } from '../../shared/events/process-events.ts';
import type { Logger } from '../../shared/io/log.ts';
import type { Policy } from '../../shared/policy.ts';
import type { Clock, Millis } from '../../shared/time.ts';
import type { DumpedView } from '../api/views.ts';
import type { HealthReport } from '../context/health.ts';
import type { Death } from '../supervisor/deaths.ts';
import type { SupervisorReport } from '../supervisor/report.ts';
import { FlightLog, toldFields } from './flight-log.ts';

export type FlightDeskPorts = {
  readonly clock: Clock;
  readonly log: Logger;
  readonly policy: Policy['flight'];
  readonly pid: number;
  /** Writes a file of this name; the failure says what to do. Takes secrets out. */
  readonly write: (name: string, lines: readonly string[]) => Promise<Result<{ readonly file: string }>>;
  /** Takes secrets out of a reason: it becomes part of names, and goes to a child that does not know our secrets. */
  readonly censor: (text: string) => string;
  /** False when no child takes it. A foreign child is never asked: it may not know the command. */
  readonly ask: (command: Command) => boolean;
  /** Calls `ring` once after so long. Answers how to cancel it. */
  readonly alarm: (ms: Millis, ring: () => void) => () => void;
};

type Half = Result<{ readonly file: string }>;

export class FlightDesk {
  readonly log: FlightLog;
  readonly budget: DumpBudget;
  readonly #ports: FlightDeskPorts;
  readonly #waiting = new Map<string, (half: Half) => void>();
  #number = 0;
  #written = 0;
  #state = '';
  #health = '';
  #isStopping = false;
  /** Of all dumps that are under way. */
  #settled: Promise<unknown> = Promise.resolve();

  constructor(ports: FlightDeskPorts) {
    this.#ports = ports;
    this.log = new FlightLog(ports.policy.runnerEntries);
    this.budget = new DumpBudget(ports.policy.faults);
  }

  /** Dumps that were written, at least one half of each, and faults for which none was. */
  get counts(): { readonly written: number; readonly suppressed: number } {
    return { written: this.#written, suppressed: this.budget.suppressed };
  }

  /** An event that passed. On the way of every trade: cheap. */
  heard(event: TowlineEvent): void {
    if (event.type === 'trade' || event.type === 'depth') return;
    const fields = toldFields(event);
    if (fields !== undefined) this.log.note('told', this.#ports.clock.unixMicros(), fields);
    if (event.type === 'reply') this.#replied(event);
    const fault = faultOf(event);
    if (fault !== undefined) this.fault(fault, {});
  }

  sent(command: Command, taken: boolean): void {
    this.log.note('command', this.#ports.clock.unixMicros(), { command, taken });
  }

  childStarted(generation: number): void {
    this.log.note('child', this.#ports.clock.unixMicros(), { started: generation });
  }

  childEnded(death: Death): void {
    this.log.note('child', this.#ports.clock.unixMicros(), { ended: death });
    for (const settle of this.#waiting.values())
      settle(fail('dump_failed', 'the connector ended before it answered'));
    if (!death.asked) this.fault(`child_${death.cause}`, { message: death.message });
  }

  stateChanged({ state, pid, last_exit }: SupervisorReport): void {
    if (state === this.#state) return;
    this.#state = state;
    this.log.note('state', this.#ports.clock.unixMicros(), { state, pid, last_exit });
  }

  /** A child is about to be stopped although nobody asked for that: what it remembers is lost unless it writes it now. */
  beforeTermination(): void {
    if (this.#isStopping || !this.budget.take(this.#ports.clock.monoMs())) return;
    this.#ports.ask({ command: 'dump', reason: 'terminated' });
  }

  health({ status, checks }: HealthReport): void {
    const failed = checks.filter(({ ok }) => !ok).map(({ name, reason }) => ({ name, reason }));
    const shape = `${status}:${failed.map(({ name }) => name).join()}`;
    if (shape === this.#health) return;
    const isFirst = this.#health === '';
    const wasUnhealthy = this.#health.startsWith('Unhealthy');
    this.#health = shape;
    this.log.note('health', this.#ports.clock.unixMicros(), { status, failed });
    if (status === 'Unhealthy' && !wasUnhealthy && !isFirst) this.fault('unhealthy', { failed });
  }

  /** The API changed something. */
  changed(fields: object): void {
    this.log.note('changed', this.#ports.clock.unixMicros(), fields);
  }

  /** Something went wrong that a look at what came before may explain. */
  fault(reason: string, fields: object): void {
    this.log.note('fault', this.#ports.clock.unixMicros(), { reason, ...fields });
    if (!this.#isStopping && this.budget.take(this.#ports.clock.monoMs())) void this.dump(reason);
  }

  /** Writes both halves; never rejects. */
  dump(reason: string): Promise<DumpedView> {
    const dumped = this.#dump(this.#ports.censor(reason));
    this.#settled = Promise.all([this.#settled, dumped]);
    return dumped;
  }

  /** The runner is about to stop its child: its end is no fault. */
  stopping(): void {
    this.#isStopping = true;
  }

  /** Waits for what is being written. */
  async settled(): Promise<void> {
    await this.#settled;
  }

  async #dump(reason: string): Promise<DumpedView> {
    const { clock, log, pid, write } = this.#ports;
    this.#number += 1;
    const at = clock.unixMs();
    const asked = this.#askChild(reason);
    const { suppressed } = this.budget;
    const head = JSON.stringify({
      t: 'dump',
      suppressed,
      at: clock.unixMicros(),
      reason,
      pid,
      forgotten: this.log.forgotten,
    });
    const name = dumpFileName('runner', { at, pid, number: this.#number, reason });
    const [own, connector] = await Promise.all([write(name, [`${head}\n`, ...this.log.lines()]), asked]);
    const problems = [own, connector].flatMap((half) => (half.ok ? [] : [half.failure.message]));
    if (own.ok || connector.ok) this.#written += 1;
    const dumped = { reason, at, runner: fileOf(own), connector: fileOf(connector), problems };
    log.warn({ event: 'flight_dump', ...dumped }, 'the flight recorder was written out');
    return dumped;
  }

  #askChild(reason: string): Promise<Half> {
    const { ask, alarm, policy } = this.#ports;
    const id = `dump-${this.#number}`;
    return new Promise((resolve) => {
      const settle = (half: Half): void => {
        cancel();
        this.#waiting.delete(id);
        resolve(half);
      };
      const cancel = alarm(policy.answerWithinMs, () =>
        settle(fail('dump_failed', `the connector did not answer within ${policy.answerWithinMs / 1_000} s`)),
      );
      this.#waiting.set(id, settle);
      if (!ask({ command: 'dump', reason: reason.slice(0, 500), id }))
        settle(fail('dump_failed', 'there is no connector that takes the command'));
    });
  }

  #replied({ id, ok: isOk, error, data }: ReplyEvent): void {
    const settle = this.#waiting.get(id);
    if (settle === undefined) return;
    const file = data?.['file'];
    if (isOk && typeof file === 'string') settle(ok({ file }));
    else settle(fail('dump_failed', error ?? 'the connector wrote nothing'));
  }
}

function fileOf(half: Half): string | null {
  return half.ok ? half.value.file : null;
}
