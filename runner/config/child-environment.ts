/**
 * The environment of a child: ours, without what it must not know.
 *
 * Secrets go to no child (the account side, when it comes, will be the one exception), and neither do the variables by which
 * systemd knows us: a child that said READY or WATCHDOG in our name would hide that we hang.
 */
import type { Environment } from '../../shared/market.ts';
import type { RawSettings, Variables } from './raw-settings.ts';
import {
  isSettingName,
  type SettingName,
  secretNames,
  settingNames,
  settingsTable,
} from './settings-table.ts';

const serviceManagerNames = [
  'NOTIFY_SOCKET',
  'WATCHDOG_USEC',
  'WATCHDOG_PID',
  'LISTEN_FDS',
  'LISTEN_PID',
  'LISTEN_FDNAMES',
];

/** A child needs the proxy's password to get through the proxy. */
const neededByChild: readonly SettingName[] = ['HTTPS_PROXY'];

/** Where our connector remembers across restarts what it must: how many connections were opened (docs/stdio-protocol.md). */
const STATE_DIR = 'TOWLINE_STATE_DIR';

/** `dataDir` is the absolute path of DATA_DIR. Weakest first: the profile's values, what .env says about the connector, the real environment. */
export function childEnvironment(
  env: Variables,
  raw: RawSettings,
  profileEnv: Readonly<Record<string, string>>,
  dataDir: string,
): Readonly<Record<string, string>> {
  const child: Record<string, string> = { [STATE_DIR]: dataDir, ...profileEnv };
  for (const name of settingNames) {
    const { text, source } = raw[name];
    const { readBy } = settingsTable[name];
    if (source === '.env' && text !== undefined && readBy !== 'runner') child[name] = text;
  }
  for (const [name, value] of Object.entries(env)) {
    // An empty value is "not set" and must not hide what .env says.
    if (value !== undefined && !(isSettingName(name) && value.trim() === '')) child[name] = value;
  }
  for (const name of [...secretNames, ...serviceManagerNames]) {
    if (!neededByChild.some((needed) => needed === name)) delete child[name];
  }
  return child;
}

/**
 * The environment of a strategy: that of a child, with what children are told on their command line. A strategy that asks history by
 * itself must find the network and the folder of its runner; `.env` it does not read.
 */
export function strategyEnvironment(
  child: Readonly<Record<string, string>>,
  environment: Environment | undefined,
  dataDir: string,
): Readonly<Record<string, string>> {
  const network = environment === undefined ? {} : { CONNECTOR_PROFILE: environment };
  return { ...child, ...network, DATA_DIR: dataDir };
}
