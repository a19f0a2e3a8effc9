/**
 * How many connections may be opened: Bybit shuts out an address that opens more than 500 to one host in 5 minutes.
 *
 * The exchange counts by address, so all sockets, children and runners of a machine share the number. What was opened stands in a
 * log that several processes write; we stop short of the limit, since others behind the same address are not in it. Sockets
 * that were lost together come back one after the other.
 */
import type { Millis, MonoMs, UnixMs } from '../shared/time.ts';

/** One connection that was opened, or tried. */
export type OpenedConnection = { readonly at: UnixMs; readonly host: string };

/** Where openings are remembered. */
export type ConnectionLog = {
  /** Those of all processes, in any order; old ones may be among them. */
  readonly read: () => readonly OpenedConnection[];
  readonly add: (opened: OpenedConnection) => void;
};

export type ConnectionBudgetPolicy = {
  /** New connections to one host within the window. */
  readonly connections: number;
  readonly windowMs: Millis;
  /** Between two reconnects to one host. */
  readonly spreadMs: Millis;
};

export type Admission = {
  /** 0: open now. Otherwise ask again after so long. */
  readonly waitMs: Millis;
  /** Only when the budget is spent: how many were opened. */
  readonly opened?: number;
};

const now: Admission = { waitMs: 0 };

export class ConnectionBudget {
  readonly #policy: ConnectionBudgetPolicy;
  readonly #log: ConnectionLog;
  readonly #nextByHost = new Map<string, number>();

  constructor(policy: ConnectionBudgetPolicy, log: ConnectionLog) {
    this.#policy = policy;
    this.#log = log;
  }

  /** May a connection to this host be opened? It counts when the answer is yes. `again`: it is a reconnect. */
  admit(host: string, again: boolean, at: UnixMs, mono: MonoMs): Admission {
    const next = this.#nextByHost.get(host);
    if (again && next !== undefined && mono < next) return { waitMs: next - mono };
    const spent = this.#spent(host, at);
    if (spent !== undefined) return spent;
    this.#nextByHost.set(host, mono + this.#policy.spreadMs);
    this.#log.add({ at, host });
    return now;
  }

  /** Times far ahead of us are of a clock that was set back since: they do not count, or we would wait for ever. */
  #spent(host: string, at: UnixMs): Admission | undefined {
    const { connections, windowMs } = this.#policy;
    const recent = this.#log
      .read()
      .filter((one) => one.host === host && Math.abs(at - one.at) < windowMs)
      .map((one) => one.at)
      .toSorted((one, other) => one - other);
    const decisive = recent.at(-connections);
    if (decisive === undefined || recent.length < connections) return undefined;
    return { waitMs: Math.max(1, decisive + windowMs - at), opened: recent.length };
  }
}

/** A log in memory: for a connector that was given no folder. */
export function memoryConnectionLog(keepMs: Millis): ConnectionLog {
  let opened: OpenedConnection[] = [];
  return {
    read: () => opened,
    add: (one) => {
      opened = [...opened.filter(({ at }) => Math.abs(one.at - at) < keepMs), one];
    },
  };
}
