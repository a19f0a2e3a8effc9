/**
 * The flight recorder of the runner in the real world: its desk, its files, the disk they lie on, and the places where it listens.
 * Switched off (FLIGHT_RECORDER_MB=0) only the look at the disk is left.
 */
import type { Command } from '../../shared/commands.ts';
import { FreeDisk } from '../../shared/io/free-disk.ts';
import type { Logger } from '../../shared/io/log.ts';
import type { Policy } from '../../shared/policy.ts';
import { secretCensor } from '../../shared/settings/secret-texts.ts';
import type { Clock } from '../../shared/time.ts';
import type { ApiPorts } from '../api/ports.ts';
import type { Config } from '../config/config.ts';
import { FlightDesk } from '../flight/flight-desk.ts';
import type { SpawnChild } from '../supervisor/ports.ts';
import { flightFiles } from './flight-files.ts';

export type FlightWatchOptions = {
  readonly config: Pick<Config, 'dataDir' | 'minFreeBytes' | 'recordsFlight' | 'connector'>;
  readonly policy: Policy;
  readonly clock: Clock;
  readonly log: Logger;
  /** Texts that must not be written anywhere. */
  readonly secrets: readonly string[];
  /** Sends the present child a command; false when it is not taken. */
  readonly send: (command: Command) => boolean;
};

export type FlightWatch = {
  readonly desk: FlightDesk | undefined;
  readonly disk: FreeDisk;
  readonly view: ReturnType<ApiPorts['flight']>;
  /** Notes a command of ours; answers whether it was taken. */
  readonly send: (command: Command) => boolean;
  /** The same spawner; a child that is about to be stopped for a fault writes down what it remembers first. */
  readonly watched: (spawn: SpawnChild) => SpawnChild;
};

export function openFlightWatch(options: FlightWatchOptions): FlightWatch {
  const { config, policy, clock, log, secrets, send } = options;
  const { dataDir, minFreeBytes: minBytes } = config;
  const disk: FreeDisk = new FreeDisk({
    folder: dataDir,
    minBytes,
    everyMs: policy.diskLookEveryMs,
    monoMs: clock.monoMs,
    onChange: (isLow) => {
      if (isLow)
        log.error({ event: 'disk_low', free_bytes: disk.freeBytes }, disk.fault() ?? 'the disk is full');
      else log.warn({ event: 'disk_recovered', free_bytes: disk.freeBytes }, 'the disk has room again');
    },
  });
  if (!config.recordsFlight)
    return { desk: undefined, disk, view: undefined, send, watched: (spawn) => spawn };
  const limits = policy.retention.dumps;
  const censor = secretCensor(secrets);
  const files = flightFiles({ dataDir, disk, limits, censor, nowMs: clock.unixMs });
  // A program of the user's own may take an unknown command for a fault.
  const ask = (command: Command): boolean => !config.connector.foreign && send(command);
  const desk = new FlightDesk({
    clock,
    log,
    policy: policy.flight,
    pid: process.pid,
    write: files.write,
    censor,
    ask,
    alarm: (ms, ring) => {
      const timer = setTimeout(ring, ms);
      return () => clearTimeout(timer);
    },
  });
  return {
    desk,
    disk,
    view: { dump: (reason) => desk.dump(reason), list: files.list },
    send: (command) => {
      const taken = send(command);
      desk.sent(command, taken);
      return taken;
    },
    watched: (spawn) => (spec, handlers) => {
      const handle = spawn(spec, handlers);
      return {
        ...handle,
        terminate: () => {
          desk.beforeTermination();
          handle.terminate();
        },
      };
    },
  };
}
