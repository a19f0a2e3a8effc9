/**
 * Who listens to /stream, what changed since the last flush, and who is too slow. Pure but for its own memory.
 *
 * Like a notice board: changes only mark sections as changed; `flush` reads each once, writes one text for all readers of the
 * same view, and forgets the marks. Of what it read it sends only what differs from what was sent before. A reader whose socket is full gets nothing until it has drained, and then the whole
 * present state: its backlog is never longer than one message. While nobody listens nothing is subscribed and nothing read.
 */
import { type Instrument, instrumentKey } from '../../shared/market.ts';
import { instrumentSections, type LiveMessage, type LiveView, snapshot, update } from './live-sections.ts';
import type { ApiPorts, LiveSection } from './ports.ts';
import type { StreamCounts } from './present-metrics.ts';

/** More readers than this are refused; the page needs one each. */
export const MAX_STREAM_CLIENTS = 100;

/** Writes text to a reader; false when its socket is full. */
export type LiveSink = (text: string) => boolean;

type Client = {
  readonly view: LiveView;
  readonly key: string;
  readonly instrumentKey: string;
  readonly write: LiveSink;
  isBehind: boolean;
};

/** What a reader's socket tells back. */
export type LiveClient = { readonly drained: () => void; readonly left: () => void };

export class LiveHub {
  readonly #ports: ApiPorts;
  readonly #clients = new Set<Client>();
  readonly #changedShared = new Set<LiveSection>();
  readonly #changedByInstrument = new Map<string, Set<LiveSection>>();
  /** By view: what its readers have, field by field as JSON. What is not there is sent when it is read next. */
  readonly #told = new Map<string, Map<string, string>>();
  #unsubscribe: (() => void) | undefined;
  #messageId = 0;
  #skippedUpdates = 0;

  constructor(ports: ApiPorts) {
    this.#ports = ports;
  }

  get counts(): StreamCounts {
    return { clients: this.#clients.size, skippedUpdates: this.#skippedUpdates };
  }

  get isFull(): boolean {
    return this.#clients.size >= MAX_STREAM_CLIENTS;
  }

  /** Takes a reader in and writes the whole state to it. */
  join(view: LiveView, write: LiveSink): LiveClient {
    const own = instrumentKey(view.instrument);
    const key = JSON.stringify([own, view.topics.words, view.topics.page]);
    const client: Client = { view, key, instrumentKey: own, write, isBehind: false };
    this.#clients.add(client);
    this.#unsubscribe ??= this.#ports.subscribe((section, changed) => this.#mark(section, changed));
    this.#sendSnapshot(client);
    return { drained: () => this.#drained(client), left: () => this.#left(client) };
  }

  /** Writes what changed since the last time. `alsoHealth` for the slower beat of ages and status. */
  flush(alsoHealth: boolean): void {
    if (alsoHealth) this.#changedShared.add('health');
    const texts = new Map<string, string | null>();
    for (const client of this.#clients) {
      let text = texts.get(client.key);
      if (text === undefined) {
        text = this.#updateText(client, alsoHealth);
        texts.set(client.key, text);
      }
      if (text === null) continue;
      if (client.isBehind) this.#skippedUpdates += 1;
      else client.isBehind = !client.write(text);
    }
    this.#changedShared.clear();
    this.#changedByInstrument.clear();
  }

  /** Keeps proxies and half-open connections honest; a full socket needs none. */
  beat(): void {
    for (const client of this.#clients) {
      if (!client.isBehind) client.isBehind = !client.write(': beat\n\n');
    }
  }

  #mark(section: LiveSection, instrument: Instrument | undefined): void {
    if (instrument === undefined || !instrumentSections.includes(section)) {
      this.#changedShared.add(section);
      return;
    }
    const key = instrumentKey(instrument);
    const changed = this.#changedByInstrument.get(key);
    if (changed === undefined) this.#changedByInstrument.set(key, new Set([section]));
    else changed.add(section);
  }

  /** Null when there is nothing to say. The slower beat always says something: readers take silence for a lost connection. */
  #updateText(client: Client, isBeat: boolean): string | null {
    const own = this.#changedByInstrument.get(client.instrumentKey) ?? [];
    const sections = new Set([...own, ...this.#changedShared]);
    if (sections.size === 0) return null;
    const told = this.#toldTo(client);
    const { time, ...fields } = jsonFields(update(this.#ports, client.view, sections));
    const changed = Object.entries(fields).filter(([name, json]) => told.get(name) !== json);
    for (const [name, json] of changed) told.set(name, json);
    return changed.length > 0 || isBeat
      ? this.#frame('update', { time, ...Object.fromEntries(changed) })
      : null;
  }

  #toldTo({ key }: Client): Map<string, string> {
    const known = this.#told.get(key);
    if (known !== undefined) return known;
    const told = new Map<string, string>();
    this.#told.set(key, told);
    return told;
  }

  /** A field in which it differs from what the other readers have is sent to all, so that all have the same again. */
  #sendSnapshot(client: Client): void {
    const fields = jsonFields(snapshot(this.#ports, client.view));
    const isFirst = !this.#told.has(client.key);
    const told = this.#toldTo(client);
    for (const [name, json] of Object.entries(fields)) {
      if (isFirst) told.set(name, json);
      else if (told.get(name) !== json) told.delete(name);
    }
    client.isBehind = !client.write(this.#frame('snapshot', fields));
  }

  #drained(client: Client): void {
    if (this.#clients.has(client) && client.isBehind) this.#sendSnapshot(client);
  }

  #left(client: Client): void {
    this.#clients.delete(client);
    if (![...this.#clients].some(({ key }) => key === client.key)) this.#told.delete(client.key);
    if (this.#clients.size > 0) return;
    this.#unsubscribe?.();
    this.#unsubscribe = undefined;
    this.#changedShared.clear();
    this.#changedByInstrument.clear();
  }

  #frame(event: string, fields: Readonly<Record<string, string | undefined>>): string {
    this.#messageId += 1;
    const texts = Object.entries(fields).map(([name, json]) => `${JSON.stringify(name)}:${json}`);
    return `event: ${event}\nid: ${this.#messageId}\ndata: {${texts.join(',')}}\n\n`;
  }
}

/** Each field as JSON, so that it can be compared and is written once. */
function jsonFields(message: LiveMessage): Record<string, string> {
  const fields: Record<string, string> = {};
  for (const [name, value] of Object.entries(message)) fields[name] = JSON.stringify(value);
  return fields;
}
