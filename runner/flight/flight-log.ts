/**
 * The runner's half of the flight recorder: what was asked of the connector and what it said about itself, what the supervisor did,
 * how the health changed, and what was changed by the API. The frames are the connector's half.
 *
 * A ring of so many entries; they are made into text only when somebody wants to read them.
 */
import type { TowlineEvent } from '../../shared/events/event.ts';
import { Ring } from '../../shared/ring.ts';
import type { UnixMicros } from '../../shared/time.ts';

export const entryKinds = ['command', 'told', 'child', 'state', 'health', 'fault', 'changed'] as const;
export type EntryKind = (typeof entryKinds)[number];

type Entry = { readonly t: EntryKind; readonly at: UnixMicros; readonly fields: object };

/** Of one line. What is longer shows its beginning. */
const MAX_LINE_LENGTH = 4_000;

export class FlightLog {
  readonly #entries: Ring<Entry>;
  /** Entries that had to leave. */
  forgotten = 0;

  constructor(capacity: number) {
    this.#entries = new Ring(capacity);
  }

  note(t: EntryKind, at: UnixMicros, fields: object): void {
    if (this.#entries.push({ t, at, fields }) !== undefined) this.forgotten += 1;
  }

  get length(): number {
    return this.#entries.length;
  }

  /** Lines in the form of a recording, oldest first, each with its newline. */
  *lines(): Generator<string> {
    for (const { t, at, fields } of this.#entries) {
      const line = JSON.stringify({ t, at, ...fields });
      const cut = line.slice(0, MAX_LINE_LENGTH);
      yield `${cut.length === line.length ? line : JSON.stringify({ t, at, cut })}\n`;
    }
  }
}

/** What is kept of an event: nothing of market data, and of a heartbeat no lists of thousands of topics. */
export function toldFields(event: TowlineEvent): object | undefined {
  switch (event.type) {
    case 'status': {
      if (event.status !== 'heartbeat') return { event };
      const { topics: _topics, sockets: _sockets, ...vitals } = event;
      return { event: vitals };
    }
    case 'error':
    case 'gap':
    case 'reply':
    case 'progress':
      return { event };
    case 'trade':
    case 'depth':
    case 'kline':
    case 'ticker':
    case 'liquidation':
    case 'instrument':
    case 'book_check':
    case 'execution':
    case 'order':
    case 'position':
    case 'wallet':
      return undefined;
  }
}
