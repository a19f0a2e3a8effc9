/**
 * Commands on the runner's own stdin (`npm start -- --stdin`): the same as a connector takes, for the runner as a whole.
 *
 * subscribe and unsubscribe change what is wanted, and the child hears of it; ping, stats and shutdown are the runner's own.
 */
import { type Command, commandId, topicOfCommand } from '../shared/commands.ts';
import { type Failure, fail, ok, type Result } from '../shared/errors.ts';
import type { ReplyEvent } from '../shared/events/process-events.ts';
import type { Category, Topic } from '../shared/market.ts';
import { decodeCommand } from '../shared/wire.ts';

export type StdinPorts = {
  readonly want: (topic: Topic) => void;
  readonly unwant: (topic: Topic) => void;
  readonly stats: () => Record<string, unknown>;
  readonly shutdown: () => void;
  /** Says one line on stdout. */
  readonly reply: (reply: ReplyEvent) => void;
  /** A command without an id went wrong: nobody waits for a reply. */
  readonly complain: (failure: Failure) => void;
};

export function obeyStdinCommand(value: unknown, defaultCategory: Category, ports: StdinPorts): void {
  const decoded = decodeCommand(value);
  const done = decoded.ok ? obey(decoded.value, defaultCategory, ports) : decoded;
  const id = commandId(value);
  if (done.ok) {
    if (id !== undefined)
      ports.reply({ type: 'reply', id, ok: true, ...(done.value === undefined ? {} : { data: done.value }) });
  } else if (id === undefined) {
    ports.complain(done.failure);
  } else {
    const { code, message } = done.failure;
    ports.reply({ type: 'reply', id, ok: false, error: message, code });
  }
}

/** Answers the data of the reply. */
function obey(
  command: Command,
  category: Category,
  ports: StdinPorts,
): Result<Record<string, unknown> | undefined> {
  switch (command.command) {
    case 'ping':
      return ok(undefined);
    case 'stats':
      return ok(ports.stats());
    case 'instruments':
    case 'read_book':
    case 'dump':
      return fail('unknown_command', `${command.command} is a command of the connector, not of the runner`);
    case 'shutdown':
      ports.shutdown();
      return ok(undefined);
    case 'subscribe':
    case 'unsubscribe': {
      const topic = topicOfCommand(command, category);
      if (!topic.ok) return topic;
      if (command.command === 'subscribe') ports.want(topic.value);
      else ports.unwant(topic.value);
      return ok(undefined);
    }
  }
}
