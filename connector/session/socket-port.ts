/** One place for a socket, as a session drives it and hears of it. */
import type { ErrorCode } from '../../shared/errors.ts';
import type { UnixMicros } from '../../shared/time.ts';

/** Opened and closed by a session. */
export type SocketPort = {
  readonly open: (url: string) => void;
  readonly send: (text: string) => void;
  readonly close: () => void;
};

export type SocketEvents = {
  readonly onOpen: () => void;
  readonly onFrame: (text: string) => void;
  readonly onLost: (code: ErrorCode, reason: string) => void;
};

/** The same with the receipt of each frame. */
export type StampedSocketEvents = Omit<SocketEvents, 'onFrame'> & {
  readonly onFrame: (text: string, receivedAt: UnixMicros) => void;
};
