/**
 * The supervisor's alarm: rings at its moment or later, and only after a read turn that began after that moment.
 *
 * What a child wrote before the deadline may still lie unread in the pipe, most of all when we ourselves were slow. A timer
 * callback schedules the ring with setImmediate: the event loop polls (and so reads) between the two.
 */
import type { Clock } from '../../shared/time.ts';
import type { SetAlarm } from '../supervisor/ports.ts';

/** Alarms on the real event loop. They keep the process alive: whoever sets one cancels it when it stops. */
export function eventLoopAlarm(clock: Clock): SetAlarm {
  return (at, ring) => {
    let timer: NodeJS.Timeout | undefined;
    let turn: NodeJS.Immediate | undefined;
    const wait = (): void => {
      timer = setTimeout(look, Math.max(1, Math.ceil(at - clock.monoMs())));
    };
    const look = (): void => {
      if (clock.monoMs() < at) wait();
      else turn = setImmediate(ring);
    };
    wait();
    return () => {
      clearTimeout(timer);
      clearImmediate(turn);
    };
  };
}
