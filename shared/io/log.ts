/**
 * Logs: JSON lines on stderr with an `event` field; stdout belongs to the protocol.
 *
 * Secrets never reach a log: known fields are censored by name, and the values of the secret settings are cut out of any
 * text (the exchange's own error messages repeat the key).
 */
import { type Logger, pino } from 'pino';

export type { Logger } from 'pino';

export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

const CENSORED = '[censored]';
const secretFields = [
  'api_key',
  'apiKey',
  'api_secret',
  'apiSecret',
  'secret',
  'signature',
  'sign',
  'token',
  'authorization',
  'X-BAPI-SIGN',
  'X-BAPI-API-KEY',
];

export type LogOptions = {
  readonly level: LogLevel;
  /** Which program speaks: runner, connector, exchange. */
  readonly program: string;
  /** Texts that must never appear, for example the API key and secret. */
  readonly secrets?: readonly string[];
  /** Takes a copy of every line beside stderr (shared/io/log-file.ts). */
  readonly copy?: LogCopy | undefined;
};

export type LogCopy = { readonly write: (line: string) => void };

/** Opens the log. Writing to stderr is synchronous, so that the last line before an exit is not lost. */
export function openLog(options: LogOptions): Logger {
  const secrets = (options.secrets ?? []).flatMap(writtenForms).filter((secret) => secret.length >= 4);
  const censor = (text: string): string =>
    secrets.reduce((rest, secret) => rest.replaceAll(secret, CENSORED), text);
  return pino(
    {
      level: options.level,
      base: { program: options.program, pid: process.pid },
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      redact: {
        paths: secretFields.flatMap((field) => [
          paths(field),
          `*${paths(field).startsWith('[') ? '' : '.'}${paths(field)}`,
        ]),
        censor: CENSORED,
      },
      hooks: { streamWrite: censor },
    },
    destination(options.copy),
  );
}

/** A line is JSON text: quotes, backslashes and the like are escaped in it. */
function writtenForms(secret: string): readonly string[] {
  return [...new Set([JSON.stringify(secret).slice(1, -1), secret])];
}

function paths(field: string): string {
  return field.includes('-') ? `["${field}"]` : field;
}

function destination(copy: LogCopy | undefined) {
  const stderr = pino.destination({ dest: 2, sync: true });
  if (copy === undefined) return stderr;
  return pino.multistream([
    { stream: stderr, level: 'trace' },
    { stream: copy, level: 'trace' },
  ]);
}
