/**
 * Writes commands to a child's stdin within a bound: a child that stops reading costs at most 1 MiB, then it is refused.
 *
 * A broken pipe (EPIPE) is harmless: the child is about to end, and its end is told elsewhere.
 */
import type { Writable } from 'node:stream';
import { commandWriter } from '../../shared/io/lines.ts';

/** Characters of commands that may wait for a child that does not read. */
const MAX_WAITING_LENGTH = 1024 * 1024;

/** Answers a function that sends a command; false when it was refused. `onRoom`: everything that waited was taken after a refusal. */
export function boundedCommands(stdin: Writable, onRoom: () => void): (command: object) => boolean {
  const write = commandWriter(stdin);
  const waiting: { readonly command: object; readonly length: number }[] = [];
  let waitingLength = 0;
  let blocked = false;
  let closed = false;
  let refused = false;
  stdin.on('error', () => {
    closed = true;
  });
  stdin.on('close', () => {
    closed = true;
    waiting.length = 0;
  });

  const pass = (command: object): void => {
    if (write(command)) return;
    blocked = true;
    // The stream may also ask us to wait only because the writer has not been given a turn yet.
    if (stdin.writableNeedDrain) stdin.once('drain', resume);
    else setImmediate(resume);
  };
  const resume = (): void => {
    blocked = false;
    while (!blocked && !closed) {
      const next = waiting.shift();
      if (next === undefined) break;
      waitingLength -= next.length;
      pass(next.command);
    }
    if (!refused || blocked || closed) return;
    refused = false;
    onRoom();
  };
  return (command) => {
    if (closed) return false;
    if (!blocked) {
      pass(command);
      return true;
    }
    const { length } = JSON.stringify(command);
    if (waitingLength + length > MAX_WAITING_LENGTH) {
      refused = true;
      return false;
    }
    waiting.push({ command, length });
    waitingLength += length;
    return true;
  };
}
