/** A socket whose frames are stamped: what reading the clock can do to it. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { watchedSocket } from '../../connector/flight/tap.ts';
import type { SocketEvents, SocketPort } from '../../connector/session/sockets/socket-port.ts';
import { VirtualClock } from '../helpers/virtual-clock.ts';

describe('a watched socket', () => {
  it('does not open any more when its stamp shows that the machine slept, for which it was given up', () => {
    const clock = new VirtualClock();
    let driver: SocketEvents | undefined;
    let opened = 0;
    let sleeps = true;
    const socket: SocketPort = watchedSocket(
      {
        clock: {
          ...clock,
          unixMicros: () => {
            if (sleeps) socket.close();
            return clock.unixMicros();
          },
        },
        open: (events) => {
          driver = events;
          return { open: () => undefined, send: () => undefined, close: () => undefined };
        },
        flight: undefined,
        record: undefined,
      },
      { category: 'linear', socket: 0, environment: 'simulated' },
      { onOpen: () => (opened += 1), onFrame: () => undefined, onLost: () => undefined },
    );
    socket.open('ws://test');
    driver?.onOpen();
    assert.equal(opened, 0);
    sleeps = false;
    socket.open('ws://test');
    driver?.onOpen();
    assert.equal(opened, 1);
  });
});
