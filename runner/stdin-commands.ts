/**
 * Commands on the runner's own stdin (`npm start -- --stdin`): the same as a connector takes, for the runner as a whole.
 *
 * subscribe and unsubscribe change what is wanted, and the child hears of it; ping, stats and shutdown are the runner's own.
 */
import type { Command } from '../shared/commands.ts';
import type { Failure } from '../shared/errors.ts';
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
  const id = idOf(value);
  if (!decoded.ok) {
    if (id === undefined) return ports.complain(decoded.failure);
    const { code, message } = decoded.failure;
    return ports.reply({ type: 'reply', id, ok: false, error: message, code });
  }
  const data = obey(decoded.value, defaultCategory, ports);
  if (id !== undefined) ports.reply({ type: 'reply', id, ok: true, ...(data === undefined ? {} : { data }) });
}

function obey(command: Command, category: Category, ports: StdinPorts): Record<string, unknown> | undefined {
  switch (command.command) {
    case 'ping':
      return undefined;
    case 'stats':
      return ports.stats();
    case 'shutdown':
      ports.shutdown();
      return undefined;
    case 'subscribe':
      ports.want(topicOf(command, category));
      return undefined;
    case 'unsubscribe':
      ports.unwant(topicOf(command, category));
      return undefined;
  }
}

function topicOf(
  command: Extract<Command, { command: 'subscribe' | 'unsubscribe' }>,
  category: Category,
): Topic {
  const { channel, symbol, depth, interval } = command;
  const instrument = { channel, symbol, category: command.category ?? category };
  if (channel === 'depth') return { ...instrument, depth: depth ?? 50 };
  return channel === 'kline' ? { ...instrument, interval: interval ?? '1' } : instrument;
}

function idOf(value: unknown): string | undefined {
  const id: unknown = typeof value === 'object' && value !== null && 'id' in value ? value.id : undefined;
  return typeof id === 'string' || typeof id === 'number' ? String(id).slice(0, 200) : undefined;
}
