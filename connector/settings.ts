/**
 * What the verbs of the connector read from the command line first and from the environment (DESIGN 7.4) where a flag is absent.
 *
 * A runner has checked the variables before it starts a connector; alone in a terminal nobody else does. The rules are the
 * same (shared/settings), and an empty variable is "not set".
 */
import { type Category, categories, type Environment, environments } from '../shared/market.ts';
import { type Policy, scaledPolicy } from '../shared/policy.ts';
import {
  cited,
  decimalNumber,
  type NamedText,
  oneOf,
  type TextType,
  wholeNumber,
  yesOrNo,
} from '../shared/settings/words.ts';

/** Where the runner keeps everything if DATA_DIR says nothing else. */
export const DEFAULT_DATA_DIR = './data';

export type Environ = Readonly<Record<string, string | undefined>>;

/** A variable that is set to something; undefined otherwise. */
export function variable(env: Environ, name: string): NamedText | undefined {
  const text = env[name]?.trim() ?? '';
  return text === '' ? undefined : { name, text };
}

/** An option of the command line, which may also be empty. */
export function option(name: string, text: string | undefined): NamedText | undefined {
  return text === undefined ? undefined : { name, text: text.trim() };
}

/** The value of a text; without a text, or with a wrong one (a problem), undefined. */
export function readText<T>(
  said: NamedText | undefined,
  type: TextType<T>,
  problems: string[],
): T | undefined {
  if (said === undefined) return undefined;
  const value = type.read(said.text);
  if (value === undefined) problems.push(`${cited(said)} is not allowed: it must be ${type.allowed}`);
  return value;
}

/** `--category` or CATEGORY. */
export function readCategory(flag: string | undefined, env: Environ, problems: string[]): Category {
  const said = option('--category', flag) ?? variable(env, 'CATEGORY');
  return readText(said, oneOf(categories), problems) ?? 'linear';
}

/** `--environment`; undefined when it is not given. */
export function readEnvironment(flag: string | undefined, problems: string[]): Environment | undefined {
  return readText(option('--environment', flag), oneOf(environments), problems);
}

/** BYBIT_CONNECTOR_TESTNET; a word that is neither yes nor no is refused, since it may have been meant as either. */
export function readTestnet(env: Environ, problems: string[]): boolean {
  return readText(variable(env, 'BYBIT_CONNECTOR_TESTNET'), yesOrNo, problems) ?? false;
}

/** How a connector learns that whoever started it is gone. */
export type Lifeline = {
  /** A runner started it: what is wanted comes as commands. */
  readonly supervised: boolean;
  readonly stopOnEof: boolean;
  readonly parentPid: number | undefined;
};

export function readLifeline(stopOnEof: boolean | undefined, env: Environ): Lifeline {
  const parent = variable(env, 'TOWLINE_PARENT_PID');
  return {
    supervised: parent !== undefined,
    stopOnEof: stopOnEof === true || env['TOWLINE_STOP_ON_EOF'] === '1',
    parentPid: parent === undefined ? undefined : Number(parent.text),
  };
}

/** All durations and limits, with what the environment says about them. */
export function readPolicy(env: Environ, problems: string[]): Policy {
  const number = (name: string, type: TextType<number>, standard: number): number =>
    readText(variable(env, name), type, problems) ?? standard;
  const scale = number('TIME_SCALE', decimalNumber(0.0001, 10), 1);
  const capSeconds = number('BYBIT_WEBSOCKET_RECONNECT_DELAY', decimalNumber(0.5, 300), 10);
  const pingSeconds = Math.min(10, number('BYBIT_WEBSOCKET_HEARTBEAT_INTERVAL', wholeNumber(1, 20), 20));
  const fastAttempts = number('BYBIT_WEBSOCKET_MAX_RECONNECT_ATTEMPTS', wholeNumber(1, 1_000), 10);
  const sendsPerSecond = number('BYBIT_WEBSOCKET_RATE_LIMIT', wholeNumber(1, 100), 20);
  const policy = scaledPolicy(scale);
  // Not scaled: the exchange is as slow as ever.
  const timeout = readText(variable(env, 'BYBIT_API_TIMEOUT'), decimalNumber(1, 60), problems);
  const rest = { ...policy.rest, ...(timeout === undefined ? {} : { timeoutMs: timeout * 1_000 }) };
  const connection = {
    ...policy.connection,
    backoff: { ...policy.connection.backoff, capMs: capSeconds * 1_000 * scale },
    pingEveryMs: pingSeconds * 1_000 * scale,
    fastAttempts,
    sendsPerSecond,
  };
  return { ...policy, connection, rest };
}
