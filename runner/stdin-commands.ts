/**
 * Commands on the runner's own stdin (`npm start -- --stdin`): the same as a connector takes, for the runner as a whole.
 *
 * subscribe and unsubscribe change what is wanted, and the child hears of it; ping, stats, dump and shutdown are the runner's own.
 */
import { type Command, commandId, topicOfCommand } from '../shared/commands.ts';
import { type Failure, fail, ok, type Result } from '../shared/errors.ts';
import type { ReplyEvent } from '../shared/events/process-events.ts';
import type { Category, Topic } from '../shared/market.ts';
import { decodeCommand } from '../shared/wire.ts';
import type { DumpedView } from './api/views.ts';

export type StdinPorts = {
  readonly want: (topic: Topic) => void;
  readonly unwant: (topic: Topic) => void;
  readonly stats: () => Record<string, unknown>;
  readonly shutdown: () => void;
  /** Writes the flight recorder out, both halves; undefined when it is switched off. Never rejects. */
  readonly dump: ((reason: string) => Promise<DumpedView>) | undefined;
  /** Says one line on stdout. */
  readonly reply: (reply: ReplyEvent) => void;
  /** A command without an id went wrong: nobody waits for a reply. */
  readonly complain: (failure: Failure) => void;
};

export function obeyStdinCommand(value: unknown, defaultCategory: Category, ports: StdinPorts): void {
  const decoded = decodeCommand(value);
  const id = commandId(value);
  if (!decoded.ok) tell(decoded, id, ports);
  else if (decoded.value.command === 'dump')
    void dump(decoded.value.reason, ports).then((done) => tell(done, id, ports));
  else tell(obey(decoded.value, defaultCategory, ports), id, ports);
}

/** The data of the reply, if any. */
type Done = Result<Record<string, unknown> | undefined>;

function tell(done: Done, id: string | undefined, { reply, complain }: StdinPorts): void {
  if (done.ok) {
    if (id !== undefined)
      reply({ type: 'reply', id, ok: true, ...(done.value === undefined ? {} : { data: done.value }) });
  } else if (id === undefined) {
    complain(done.failure);
  } else {
    const { code, message } = done.failure;
    reply({ type: 'reply', id, ok: false, error: message, code });
  }
}

/** As POST /debug/dump: one half is enough. */
async function dump(reason: string | undefined, ports: StdinPorts): Promise<Done> {
  if (ports.dump === undefined)
    return fail('dump_failed', 'the flight recorder is off: FLIGHT_RECORDER_MB is 0');
  const { runner, connector, problems } = await ports.dump(reason?.trim() || 'asked');
  if (runner === null && connector === null) return fail('dump_failed', problems.join('; '));
  return ok({ runner, connector, problems });
}

function obey(command: Exclude<Command, { command: 'dump' }>, category: Category, ports: StdinPorts): Done {
  switch (command.command) {
    case 'ping':
      return ok(undefined);
    case 'stats':
      return ok(ports.stats());
    case 'instruments':
    case 'read_book':
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
