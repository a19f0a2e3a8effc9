/** One place for a socket, as a session drives it and hears of it. */
import type { ErrorCode } from '../../../shared/errors.ts';
import type { UnixMicros } from '../../../shared/time.ts';

/** One frame: its bytes (UTF-8), or its text where it comes from elsewhere than a socket. */
export type Frame = Buffer | string;

/** Opened and closed by a session. */
export type SocketPort = {
  readonly open: (url: string) => void;
  readonly send: (text: string) => void;
  readonly close: () => void;
};

export type SocketEvents = {
  readonly onOpen: () => void;
  readonly onFrame: (frame: Frame) => void;
  readonly onLost: (code: ErrorCode, reason: string) => void;
};

/** The same with the receipt of each frame. */
export type StampedSocketEvents = Omit<SocketEvents, 'onFrame'> & {
  readonly onFrame: (frame: Frame, receivedAt: UnixMicros) => void;
};
