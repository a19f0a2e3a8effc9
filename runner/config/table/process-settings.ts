/** Settings of the process itself (DESIGN 7.4). */
import { z } from 'zod';
import type { LogLevel } from '../../../shared/io/log.ts';
import { decimal, integer, setting, text, type ValueType } from '../setting.ts';

/** Our levels, and the two names that Python programs use for theirs. */
const levelWords: Readonly<Record<string, LogLevel>> = {
  trace: 'trace',
  debug: 'debug',
  info: 'info',
  warn: 'warn',
  warning: 'warn',
  error: 'error',
  fatal: 'fatal',
  critical: 'fatal',
  silent: 'silent',
};

function logLevel(): ValueType<LogLevel> {
  return {
    allowed: `one of ${Object.keys(levelWords).join(', ')} (any case)`,
    schema: z.string().transform((value, context): LogLevel => {
      const level = levelWords[value.toLowerCase()];
      if (level !== undefined) return level;
      context.addIssue('unknown level');
      return z.NEVER;
    }),
  };
}

/** One name or address, with a port where it matters: no scheme, no path, no wildcard (that would switch the check off). */
const hostPattern =
  /^(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*|\[[0-9a-f:.]{2,45}\])(?::(\d{1,5}))?$/;

function hostList(): ValueType<readonly string[]> {
  return {
    allowed:
      'host names or addresses with commas between them, each with its port where it matters: bot.example.org,dev.local:5173',
    schema: z
      .string()
      .toLowerCase()
      .max(2_000)
      .transform((value) => value.split(',').map((part) => part.trim()))
      .refine((hosts) => hosts.every(isHost)),
  };
}

function isHost(text: string): boolean {
  const match = hostPattern.exec(text);
  const port = match?.[1];
  return match !== null && text.length <= 255 && (port === undefined || isPort(Number(port)));
}

function isPort(port: number): boolean {
  return port >= 1 && port <= 65_535;
}

export const processSettings = {
  HOST: setting({
    group: 'process',
    value: text('a host name or an address of this machine', /^[A-Za-z0-9.:_-]{1,255}$/),
    default: '127.0.0.1',
    readBy: 'runner',
    does: 'Where the API listens. 0.0.0.0 opens it to other machines.',
  }),
  PORT: setting({
    group: 'process',
    value: integer(0, 65_535),
    unit: 'TCP port',
    default: '8000',
    readBy: 'runner',
    does: 'The port of the API; 0 takes a free one.',
  }),
  ALLOWED_HOSTS: setting({
    group: 'process',
    value: hostList(),
    default: undefined,
    readBy: 'runner',
    does: 'Further names under which the API may be asked (the Host header) and whose pages may use it (the Origin header; with its port when that is not 80 or 443): for a reverse proxy, or a name of this machine when HOST=0.0.0.0. Loopback names, HOST and, with HOST=0.0.0.0, every address are served anyway.',
  }),
  LOG_LEVEL: setting({
    group: 'process',
    value: logLevel(),
    default: 'info',
    readBy: 'both',
    does: 'How much is logged. Logs are JSON lines on stderr.',
  }),
  LOG_FILENAME: setting({
    group: 'process',
    value: text('the path of a file'),
    default: undefined,
    readBy: 'runner',
    does: 'Logs go to this file too; it rotates every day (UTC) and at 50 MB, and the newest ten are kept. When it cannot be opened the runner does not start; when it cannot be written later, stderr goes on.',
  }),
  HTTPS_PROXY: setting({
    group: 'process',
    value: text('a URL that begins with http:// or https://', /^https?:\/\/[^\s/]+\/?$/),
    default: undefined,
    readBy: 'both',
    secret: true,
    does: 'A proxy for sockets and requests to the exchange. It may hold a user name and a password, so it is never shown whole.',
  }),
  NO_PROXY: setting({
    group: 'process',
    value: text('hosts, comma-separated, or *', /^[^\s,]+(\s*,\s*[^\s,]+)*$/),
    default: undefined,
    readBy: 'both',
    does: 'Hosts that are reached without HTTPS_PROXY, each with all that is below it.',
  }),
  CONNECTOR_MAX_DEATHS: setting({
    group: 'process',
    value: integer(1, 10_000),
    unit: 'deaths within 5 minutes',
    default: '5',
    readBy: 'runner',
    does: 'When the connector dies more often than this, it is started again only once a minute (state cooling) until it has been healthy for a minute.',
  }),
  TIME_SCALE: setting({
    group: 'process',
    value: decimal(0.0001, 10),
    unit: 'times the normal durations',
    default: '1',
    readBy: 'both',
    does: 'Shortens all waits; for tests only.',
  }),
};
