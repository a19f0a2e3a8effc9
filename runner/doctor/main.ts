/**
 * The doctor: says in plain words why towline does not run, or that it would: `npm run doctor`.
 *
 * It changes nothing: it looks at Node, settings, port, data folder, network and clock, then runs the configured connector
 * alone until every topic has data. Exit code 0 when nothing failed, 1 when something did, 64 for wrong options.
 */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { exitCodes } from '../../shared/errors.ts';
import { readEnvFile, readJsonFile } from '../../shared/io/env-file.ts';
import { openLog } from '../../shared/io/log.ts';
import { scaledPolicy } from '../../shared/policy.ts';
import { unixMs } from '../../shared/time.ts';
import { parseRunnerArguments } from '../config/arguments.ts';
import { type Config, parseConfig } from '../config/config.ts';
import { secretNames } from '../config/settings-table.ts';
import { childSpawner } from '../io/child.ts';
import { type Case, examine } from './doctor.ts';
import { doctorExitCode, type Finding, findingText, summaryText } from './finding.ts';
import { tryConnector } from './io/connector-trial.ts';
import { isReadableByOthers, probeFolder, probeNode, probePort, probeText } from './io/machine-probes.ts';
import { probeName, probeSocket, probeTime, probeTls } from './io/network-probes.ts';

const root = path.resolve(import.meta.dirname, '../..');
const NETWORK_TIMEOUT_MS = 10_000;
const help = `Usage: npm run doctor -- [options]

Looks at everything that towline needs, and says what is wrong and what to do.

Options:
  --settings FILE  read FILE instead of .env
  --help           show this text
`;

await main();

async function main(): Promise<void> {
  const args = parseRunnerArguments(process.argv.slice(2));
  if (!args.ok) {
    process.stderr.write(`${args.problems.join('\n')}\n${help}`);
    process.exitCode = exitCodes.usage;
    return;
  }
  if (args.value.help) {
    process.stdout.write(help);
    return;
  }
  const findings: Finding[] = [];
  // Whoever reads us may stop reading (`| head`): that is an ordinary end.
  let isRead = true;
  process.stdout.on('error', () => {
    isRead = false;
  });
  for await (const finding of examine(readCase(args.value.envFile), ports())) {
    if (!isRead) break;
    findings.push(finding);
    process.stdout.write(`${findingText(finding)}\n`);
  }
  process.stdout.write(`\n${summaryText(findings)}\n`);
  process.exitCode = doctorExitCode(findings);
}

function readCase(named: string | undefined): Case {
  const file = path.resolve(named ?? '.env');
  const envFile = readEnvFile(file, named !== undefined);
  const around = { root, cwd: process.cwd(), node: process.execPath, fileExists: existsSync };
  const settings = parseConfig(process.env, envFile.values, readJsonFile, around, envFile.problems);
  const hasSecret = secretNames.some((name) => (envFile.values[name] ?? '') !== '');
  return { settings, secretFile: hasSecret ? { file, isOpen: isReadableByOthers(file) } : undefined };
}

function ports() {
  const log = openLog({ level: 'silent', program: 'doctor' });
  return {
    node: () => probeNode(root),
    port: probePort,
    folder: probeFolder,
    text: probeText,
    unixMs: () => unixMs(Date.now()),
    name: (host: string) => probeName(host, NETWORK_TIMEOUT_MS),
    tls: (host: string, port: number) => probeTls(host, port, NETWORK_TIMEOUT_MS),
    time: (url: string, times: number, proxy: string | undefined) =>
      probeTime(url, times, proxy, NETWORK_TIMEOUT_MS),
    socket: (url: string, proxy: string | undefined) => probeSocket(url, proxy, NETWORK_TIMEOUT_MS),
    connector: async (config: Config) => {
      const policy = scaledPolicy(config.timeScale);
      const { readyWithinMs, killAfterMs } = policy.supervisor;
      const spawn = childSpawner({
        maxLineLength: policy.maxLineLength,
        killAfterMs,
        log,
        passLog: () => {},
        watchdog: true,
      });
      return await tryConnector(config.connector, config, {
        spawn,
        waitMs: readyWithinMs,
        killAfterMs,
      });
    },
  };
}
