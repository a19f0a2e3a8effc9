/**
 * The order in which the doctor looks, from this machine outwards to the first trade: what fails early explains what fails later.
 *
 * Pure but for its ports. Findings are handed out one by one, so that the reader sees where it hangs.
 */
import { isIP } from 'node:net';
import path from 'node:path';
import { BAN_FILE, beliefIn, MAX_BAN_FILE_BYTES, readBans, scopeOf } from '../../shared/bans.ts';
import { scaledPolicy } from '../../shared/policy.ts';
import { proxyFor } from '../../shared/settings/proxy.ts';
import type { UnixMs } from '../../shared/time.ts';
import type { Config, ConfigResult } from '../config/config.ts';
import { type ClockSample, clockFinding } from './clock-check.ts';
import { type Finding, skipped } from './finding.ts';
import {
  dataFolderFindings,
  envFileFinding,
  type FolderProbe,
  type NodeInfo,
  nodeFinding,
  type PortProbe,
  portFinding,
  settingsFindings,
} from './local-checks.ts';
import {
  type HttpProbe,
  type NameProbe,
  nameFinding,
  proxyFinding,
  restFinding,
  type SocketProbe,
  shutOutFinding,
  socketFinding,
  softened,
  type TlsProbe,
  tlsFinding,
} from './network-checks.ts';
import { hostsOf, type NetworkPlan, networkPlan } from './network-plan.ts';

/** Where the exchange tells its time. */
const TIME_PATH = '/v5/market/time';
const CLOCK_SAMPLES = 5;

export type DoctorPorts = {
  readonly node: () => NodeInfo;
  readonly port: (host: string, port: number) => Promise<PortProbe>;
  readonly folder: (folder: string) => FolderProbe;
  readonly name: (host: string) => Promise<NameProbe>;
  readonly tls: (host: string, port: number) => Promise<TlsProbe>;
  readonly time: (
    url: string,
    times: number,
    proxy: string | undefined,
  ) => Promise<{ readonly answer: HttpProbe; readonly samples: readonly ClockSample[] }>;
  /** What is in a small file; undefined: it is not there, or cannot be read. */
  readonly text: (file: string) => string | undefined;
  readonly unixMs: () => UnixMs;
  readonly socket: (url: string, proxy: string | undefined) => Promise<SocketProbe>;
  readonly connector: (config: Config) => Promise<readonly Finding[]>;
};

/** What the doctor is asked to look at. */
export type Case = {
  readonly settings: ConfigResult;
  /** The .env that was read, when it holds a secret; `isOpen`: others may read it. */
  readonly secretFile: { readonly file: string; readonly isOpen: boolean } | undefined;
};

export async function* examine({ settings, secretFile }: Case, ports: DoctorPorts): AsyncGenerator<Finding> {
  yield nodeFinding(ports.node());
  yield* settingsFindings({ problems: settings.ok ? [] : settings.problems, warnings: settings.warnings });
  const open = secretFile === undefined ? undefined : envFileFinding(secretFile.file, secretFile.isOpen);
  if (open !== undefined) yield open;
  if (!settings.ok) {
    yield skipped('the rest', 'is looked at when the settings are valid');
    return;
  }
  const { config } = settings;
  yield portFinding(config.host, config.port, await ports.port(config.host, config.port));
  yield* dataFolderFindings(config.dataDir, ports.folder(config.dataDir));
  yield* examineNetwork(config, ports);
  yield* await ports.connector(config);
}

async function* examineNetwork(config: Config, ports: DoctorPorts): AsyncGenerator<Finding> {
  const { environment, clock, foreign, env } = config.connector;
  if (foreign || environment === undefined) {
    yield skipped('network', 'the connector is a program of your own: only it knows its addresses');
    return;
  }
  if (clock === 'replay') {
    yield skipped('network', 'a replay needs none');
    return;
  }
  const watched = [...config.topics, ...config.filters].map(({ category }) => category);
  const plan = networkPlan(environment, watched, env);
  yield proxyFinding(
    env['HTTPS_PROXY'] || env['https_proxy'] || undefined,
    Boolean(env['NO_PROXY'] || env['no_proxy']),
  );
  yield* examineHosts(plan, ports);
  yield* examineRest(`${plan.rest}${TIME_PATH}`, plan, config, ports);
  for (const { url } of plan.sockets) {
    yield socketFinding(url, await ports.socket(url, proxyFor(url, env)));
  }
}

/** Not asked while this address is shut out, as the programs on this folder were told: that would make it longer. */
async function* examineRest(
  url: string,
  plan: NetworkPlan,
  { connector, dataDir, timeScale }: Config,
  ports: DoctorPorts,
): AsyncGenerator<Finding> {
  const file = path.join(connector.env['TOWLINE_STATE_DIR'] || dataDir, BAN_FILE);
  const scope = scopeOf('rest', plan.rest, plan.proxy);
  const { shutOutMs } = scaledPolicy(timeScale).rest;
  const [now, text] = [ports.unixMs(), ports.text(file) ?? ''];
  const bans = text.length > MAX_BAN_FILE_BYTES ? undefined : readBans(text);
  const ban = bans?.find((one) => one.scope === scope && beliefIn(one, now, shutOutMs) === 'believed');
  if (ban !== undefined) {
    yield shutOutFinding(url, ban, file);
    return;
  }
  const { answer, samples } = await ports.time(url, CLOCK_SAMPLES, plan.proxy);
  yield restFinding(url, answer);
  if (samples.length > 0) yield clockFinding(samples);
}

/** Behind a proxy the proxy looks names up and carries the encryption, so a failure here may mean nothing. */
async function* examineHosts(plan: NetworkPlan, ports: DoctorPorts): AsyncGenerator<Finding> {
  const judge = (finding: Finding): Finding => (plan.proxy === undefined ? finding : softened(finding));
  for (const { host, port, isTls } of hostsOf(plan)) {
    if (isIP(host) === 0) {
      const found = await ports.name(host);
      yield judge(nameFinding(host, found));
      if (found.kind === 'failed') continue;
    }
    if (isTls && plan.proxy === undefined) yield tlsFinding(host, await ports.tls(host, port));
  }
}
