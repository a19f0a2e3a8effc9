/**
 * Who holds a TCP port, on Linux: the listening socket's inode from /proc/net/tcp, then the process that has it open.
 *
 * Processes of other users cannot be looked into; then nothing is said rather than something guessed.
 */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

export type PortHolder = { readonly pid: number; readonly command: string };

const LISTEN = '0A';
/** Enough of a command line to know it again. */
const MAX_WORDS = 8;
const MAX_WORD_LENGTH = 80;

/** Undefined where it cannot be told: another system, another user, another network namespace. */
export function findPortHolder(port: number): PortHolder | undefined {
  const inodes = new Set(
    ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((path) => listeningInodes(readText(path), port)),
  );
  if (inodes.size === 0) return undefined;
  for (const entry of readNames('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    const holds = readNames(`/proc/${entry}/fd`).some((fd) => {
      const inode = /^socket:\[(\d+)\]$/.exec(readLink(`/proc/${entry}/fd/${fd}`))?.[1];
      return inode !== undefined && inodes.has(inode);
    });
    if (holds) return { pid: Number(entry), command: commandOf(entry) };
  }
  return undefined;
}

/** Rows look like `0: 0100007F:1F40 00000000:0000 0A ... uid timeout inode`, with the port in hexadecimal. */
function listeningInodes(table: string, port: number): string[] {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return table.split('\n').flatMap((row) => {
    const [, local = '', , state, , , , , , inode] = row.trim().split(/\s+/);
    return local.endsWith(suffix) && state === LISTEN && inode !== undefined ? [inode] : [];
  });
}

/** The beginning of the command line. It goes into messages and logs, so values that may be secret are left out. */
function commandOf(pid: string): string {
  const words = readText(`/proc/${pid}/cmdline`).split('\0').filter(Boolean).slice(0, MAX_WORDS);
  const shown = words.map((word, index) =>
    /^-[^=]*(token|secret|key|password)[^=]*$/i.test(words[index - 1] ?? '')
      ? '...'
      : word.replace(/^(-[^=]*=).*$/s, '$1...').slice(0, MAX_WORD_LENGTH),
  );
  return shown.join(' ') || readText(`/proc/${pid}/comm`).trim();
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function readNames(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

function readLink(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}
