/**
 * Drains a child's stderr, always: an unread pipe freezes the child that writes to it.
 *
 * Log lines of our own connectors (pino's JSON) pass unchanged; anything else is logged as text. Both are limited in length
 * and number, so that a child cannot fill the disk with its complaints; what is suppressed is counted and told.
 */
import type { Readable } from 'node:stream';
import { pino } from 'pino';
import { readLines } from '../../shared/io/lines.ts';
import type { Logger } from '../../shared/io/log.ts';

const MAX_LINE_LENGTH = 16 * 1024;
/** Lines in each window; the first crash is always told in full, a loop of crashes is not. */
const WINDOW_MS = 10_000;
const MAX_PASSED = 2_000;
const MAX_TEXTS = 100;

/** Reads stderr to its end. The count of bytes is live. */
export function drainStderr(
  stderr: Readable,
  fields: { readonly child: string; readonly child_pid: number },
  log: Logger,
  passLog: (line: string) => void,
): { readonly bytes: number } {
  const counts = { bytes: 0 };
  let windowEnd = 0;
  let passed = 0;
  let texts = 0;
  let suppressed = 0;
  const tellSuppressed = (): void => {
    if (suppressed > 0) log.warn({ event: 'child_log_suppressed', lines: suppressed, ...fields });
    suppressed = 0;
  };
  const onLine = (line: string): void => {
    const now = performance.now();
    if (now > windowEnd) {
      windowEnd = now + WINDOW_MS;
      passed = 0;
      texts = 0;
      tellSuppressed();
    }
    if (isLogLine(line)) {
      passed += 1;
      if (passed <= MAX_PASSED) passLog(line);
      else suppressed += 1;
    } else {
      texts += 1;
      if (texts <= MAX_TEXTS) log.warn({ event: 'child_stderr', text: line, ...fields });
      else suppressed += 1;
    }
  };
  const lines = readLines(stderr, MAX_LINE_LENGTH, onLine, () => {
    suppressed += lines.tooLong + lines.halfLines;
    tellSuppressed();
  });
  stderr.on('data', (chunk: string) => {
    counts.bytes += Buffer.byteLength(chunk);
  });
  return counts;
}

/** Writes log lines to our stderr as they are. */
export function stderrPass(): (line: string) => void {
  const stderr = pino.destination({ dest: 2, sync: true });
  return (line) => {
    stderr.write(`${line}\n`);
  };
}

function isLogLine(line: string): boolean {
  return line.startsWith('{"level":"') && line.endsWith('}');
}
