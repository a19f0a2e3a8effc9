/**
 * Tells systemd how we are: ready, alive, stopping, and a line of status.
 *
 * Node has no unix datagram sockets, so the messages go through `systemd-notify` (29 ms a call, measured), which waits until
 * systemd has taken the message: a helper that ends sooner could not be matched to our unit. Without NOTIFY_SOCKET nothing
 * is sent. A message that cannot be sent is logged once and never stops us.
 */
import { execa } from 'execa';
import type { Logger } from '../../shared/io/log.ts';

const SEND_WITHIN_MS = 5_000;

export type ServiceManager = {
  /** READY=1: the API is bound and the supervisor runs. `status` is the line that `systemctl status` shows. */
  readonly ready: (status: string) => Promise<void>;
  /** STOPPING=1, and no more signs of life: from here on systemd waits for TimeoutStopSec. */
  readonly stopping: () => Promise<void>;
  /**
   * Starts signs of life, three in each WatchdogSec: a runner whose event loop is stuck gives none. Does nothing without
   * WatchdogSec.
   */
  readonly startWatchdog: () => void;
};

type Environ = Readonly<Record<string, string | undefined>>;

/** `env` is our own environment: NOTIFY_SOCKET, WATCHDOG_USEC, PATH are read from it. */
export function serviceManager(env: Environ, log: Logger): ServiceManager {
  const socket = env['NOTIFY_SOCKET'];
  let timer: NodeJS.Timeout | undefined;
  let warned = false;
  const send = async (...messages: readonly string[]): Promise<void> => {
    if (!socket) return;
    const result = await execa('systemd-notify', messages, {
      env: { NOTIFY_SOCKET: socket, PATH: env['PATH'] ?? '' },
      extendEnv: false,
      reject: false,
      stdin: 'ignore',
      timeout: SEND_WITHIN_MS,
    });
    if (!result.failed || warned) return;
    warned = true;
    log.warn(
      { event: 'systemd_notify_failed', messages, reason: result.shortMessage },
      'systemd was not told',
    );
  };
  return {
    ready: (status) => send('READY=1', `STATUS=${oneLine(status)}`),
    stopping: async () => {
      clearInterval(timer);
      await send('STOPPING=1', 'STATUS=stopping');
    },
    startWatchdog: () => {
      const everyMs = watchdogIntervalMs(env);
      if (!socket || everyMs === undefined || timer !== undefined) return;
      let sending = false;
      timer = setInterval(() => {
        if (sending) return;
        sending = true;
        void send('WATCHDOG=1').finally(() => {
          sending = false;
        });
      }, everyMs);
      timer.unref();
    },
  };
}

/** A third of WatchdogSec; undefined when there is no watchdog. */
export function watchdogIntervalMs(env: Environ): number | undefined {
  const micros = Number(env['WATCHDOG_USEC']);
  return Number.isFinite(micros) && micros > 0 ? Math.max(1, Math.floor(micros / 3_000)) : undefined;
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').slice(0, 500);
}
