/**
 * Where the flight recorder listens: at the sockets, at stdin, at what is told, and at the REST interface.
 *
 * Market data are not kept a second time: they follow from the frames. What is kept beside the frames is what a replay cannot
 * know: commands, statuses, errors, gaps, replies.
 */

import type { Result } from '../../shared/errors.ts';
import type { UnnumberedEvent } from '../../shared/events/event.ts';
import type { Category, Environment } from '../../shared/market.ts';
import type { Clock, UnixMicros } from '../../shared/time.ts';
import type { Frame, SocketEvents, SocketPort, StampedSocketEvents } from '../session/sockets/socket-port.ts';

/** Of lines that a replay passes over. */
export const noteKinds = ['dump', 'command', 'told', 'closed', 'asked'] as const;
export type NoteKind = (typeof noteKinds)[number];

/** Takes what passes. The functions are cheap and never throw. */
export type FlightTap = {
  readonly frame: (
    kind: 'connect' | 'send' | 'recv',
    at: UnixMicros,
    category: Category,
    socket: number,
    frame: Frame,
  ) => void;
  readonly note: (kind: NoteKind, at: UnixMicros, fields: object) => void;
  readonly told: (at: UnixMicros, event: UnnumberedEvent) => void;
};

/** The recorder as the stream has it. */
export type Flight = FlightTap & {
  /** Writes out what is remembered; the failure says what to do. */
  readonly dump: (reason: string) => Promise<Result<{ readonly file: string }>>;
  /** For the command `stats`. */
  readonly stats: () => Readonly<Record<string, number>>;
};

/** What is told of an event; undefined for what follows from the frames. */
export function toldNote(event: UnnumberedEvent): object | undefined {
  switch (event.type) {
    case 'trade':
    case 'depth':
    case 'ticker':
    case 'kline':
    case 'liquidation':
    case 'instrument':
    case 'book_check':
      return undefined;
    case 'status': {
      if (event.status !== 'heartbeat') return event;
      // A whole market has thousands of topics, and each heartbeat names them all.
      const { topics: _topics, sockets: _sockets, ...vitals } = event;
      return vitals;
    }
    case 'error':
    case 'gap':
    case 'reply':
    case 'progress':
    case 'execution':
    case 'order':
    case 'position':
    case 'wallet':
      return event;
  }
}

/** One line of a recording. `environment` stands on `connect` lines. */
export type RecordedFrame = {
  readonly t: 'connect' | 'send' | 'recv';
  readonly at: UnixMicros;
  readonly category: Category;
  /** Its number among the sockets of the category. */
  readonly socket: number;
  readonly environment?: Environment;
  readonly frame?: string;
};

export type WatchedSocketPorts = {
  readonly clock: Clock;
  readonly open: (events: SocketEvents) => SocketPort;
  /** Each may be absent, which costs nothing. */
  readonly flight: FlightTap | undefined;
  readonly record: ((entry: RecordedFrame) => void) | undefined;
};

/** A socket whose frames are stamped, and written down by whoever wants to. */
export function watchedSocket(
  { clock, open: openSocket, flight, record }: WatchedSocketPorts,
  about: { readonly category: Category; readonly socket: number; readonly environment: Environment },
  events: StampedSocketEvents,
): SocketPort {
  const { category, socket, environment } = about;
  let isGivenUp = false;
  const { open, close, send } = openSocket({
    onOpen: () => {
      const at = clock.unixMicros();
      // Reading the clock may have shown that the machine slept: then the socket was given up in this very moment.
      if (isGivenUp) return;
      flight?.frame('connect', at, category, socket, environment);
      record?.({ t: 'connect', at, category, socket, environment });
      events.onOpen();
    },
    onFrame: (frame) => {
      const at = clock.unixMicros();
      flight?.frame('recv', at, category, socket, frame);
      record?.({ t: 'recv', at, category, socket, frame: frame.toString() });
      events.onFrame(frame, at);
    },
    onLost: (code, reason) => {
      flight?.note('closed', clock.unixMicros(), { category, socket, code, reason });
      events.onLost(code, reason);
    },
  });
  return {
    open: (url) => {
      isGivenUp = false;
      open(url);
    },
    close: () => {
      isGivenUp = true;
      close();
    },
    send: (text) => {
      const at = clock.unixMicros();
      flight?.frame('send', at, category, socket, text);
      record?.({ t: 'send', at, category, socket, frame: text });
      send(text);
    },
  };
}
