/** What can be judged without the network: Node, settings, port, data folder. Pure: the probes have looked already. */
import { type Finding, failure, okay, warning } from './finding.ts';

export type NodeInfo = { readonly version: string; readonly file: string; readonly isBundled: boolean };

/** A process that holds something we want. */
export type Holder = { readonly pid: number; readonly command: string };

export type PortProbe =
  | { readonly kind: 'free' }
  | { readonly kind: 'taken'; readonly holder: Holder | undefined }
  | { readonly kind: 'refused'; readonly code: string };

export type FolderProbe = {
  /** Undefined when files can be written there (or the folder can be made). */
  readonly unwritable: string | undefined;
  readonly freeBytes: number | undefined;
  /** A process that has a lock on a file there. */
  readonly holder: Holder | undefined;
};

const NEEDED_MAJOR = 24;

export function nodeFinding(node: NodeInfo): Finding {
  const origin = node.isBundled
    ? 'the one that npm installed beside towline'
    : `this machine's own, ${node.file}`;
  if (Number.parseInt(node.version, 10) < NEEDED_MAJOR) {
    return failure(
      'Node',
      `${node.version} is too old`,
      `Install Node ${NEEDED_MAJOR} or newer, or run npm ci again.`,
    );
  }
  return okay('Node', `${node.version} (${origin})`);
}

export function settingsFindings(result: {
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
}): readonly Finding[] {
  const advice = 'All settings are in .env.example and docs/configuration.md.';
  const wrong = result.problems.map((problem) => failure('settings', problem, advice));
  const doubtful = result.warnings.map((text) => warning('settings', text, 'Change it if it is not meant.'));
  if (wrong.length > 0) return [...wrong, ...doubtful];
  return [okay('settings', 'valid'), ...doubtful];
}

/** A .env with secrets that others on this machine can read. */
export function envFileFinding(file: string, readableByOthers: boolean): Finding | undefined {
  if (!readableByOthers) return undefined;
  return warning(
    '.env',
    `${file} holds a secret and can be read by other users of this machine`,
    `Run: chmod 600 ${file}`,
  );
}

export function portFinding(host: string, port: number, probe: PortProbe): Finding {
  const subject = 'port';
  switch (probe.kind) {
    case 'free':
      return okay(subject, port === 0 ? 'any free one will be taken' : `${port} on ${host} is free`);
    case 'taken': {
      const { holder } = probe;
      if (holder !== undefined && isRunner(holder)) {
        return warning(
          subject,
          `${port} on ${host} is in use by towline itself (process ${holder.pid})`,
          'Stop it before you start another one.',
        );
      }
      const by = holder === undefined ? 'another process' : `process ${holder.pid} (${holder.command})`;
      return failure(
        subject,
        `${port} on ${host} is taken by ${by}`,
        'Stop that process or set another PORT.',
      );
    }
    case 'refused':
      return failure(
        subject,
        `${host}:${port} cannot be listened on (${probe.code})`,
        portAdvice(probe.code),
      );
  }
}

function portAdvice(code: string): string {
  if (code === 'EACCES' || code === 'EPERM')
    return 'Ports below 1024 need privileges: set a PORT from 1024 on.';
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
    return 'HOST is no address of this machine: use 127.0.0.1 or 0.0.0.0.';
  return 'Set another HOST or PORT.';
}

const MEGABYTE = 1024 * 1024;

export function dataFolderFindings(folder: string, probe: FolderProbe): readonly Finding[] {
  const subject = 'DATA_DIR';
  if (probe.unwritable !== undefined) {
    return [
      failure(
        subject,
        `${folder} cannot be written: ${probe.unwritable}`,
        'Change its owner or rights, or set another DATA_DIR.',
      ),
    ];
  }
  return [
    okay(subject, `${folder} can be written`),
    diskFinding(folder, probe.freeBytes),
    lockFinding(folder, probe.holder),
  ];
}

function diskFinding(folder: string, freeBytes: number | undefined): Finding {
  const subject = 'disk';
  if (freeBytes === undefined)
    return warning(subject, `the free space of ${folder} cannot be told`, 'Look yourself: df -h.');
  const free =
    freeBytes >= 1024 * MEGABYTE
      ? `${(freeBytes / MEGABYTE / 1024).toFixed(1)} GB`
      : `${Math.floor(freeBytes / MEGABYTE)} MB`;
  if (freeBytes < 100 * MEGABYTE)
    return failure(subject, `only ${free} are free in ${folder}`, 'Make room, or set another DATA_DIR.');
  if (freeBytes < 1024 * MEGABYTE)
    return warning(subject, `only ${free} are free in ${folder}`, 'Make room soon.');
  return okay(subject, `${free} free`);
}

function lockFinding(folder: string, holder: Holder | undefined): Finding {
  const subject = 'lock';
  if (holder === undefined) return okay(subject, `nobody uses ${folder}`);
  const who = `process ${holder.pid} (${holder.command})`;
  if (isRunner(holder))
    return warning(
      subject,
      `towline itself is running here: ${who}`,
      'Stop it before you start another one.',
    );
  return failure(subject, `${folder} is in use by ${who}`, 'Stop that process or set another DATA_DIR.');
}

function isRunner(holder: Holder): boolean {
  return holder.command.includes('runner/main.ts');
}
