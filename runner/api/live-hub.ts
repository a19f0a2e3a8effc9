/**
 * Who listens to /stream, what changed since the last flush, and who is too slow. Pure but for its own memory.
 *
 * Like a notice board: changes only mark sections as changed; `flush` reads each once, writes one text for all readers of an
 * instrument, and forgets the marks. A reader whose socket is full gets nothing until it has drained, and then the whole
 * present state: its backlog is never longer than one message. While nobody listens nothing is subscribed and nothing read.
 */
import { type Instrument, instrumentKey } from '../../shared/market.ts';
import { instrumentSections, type LiveMessage, snapshot, update } from './live-sections.ts';
import type { ApiPorts, LiveSection } from './ports.ts';
import type { StreamCounts } from './present-health.ts';

/** More readers than this are refused; the page needs one each. */
export const MAX_STREAM_CLIENTS = 100;

/** Writes text to a reader; false when its socket is full. */
export type LiveSink = (text: string) => boolean;

type Client = {
  readonly instrument: Instrument;
  readonly key: string;
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
  join(instrument: Instrument, write: LiveSink): LiveClient {
    const client: Client = { instrument, key: instrumentKey(instrument), write, isBehind: false };
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
        text = this.#updateText(client);
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

  #updateText(client: Client): string | null {
    const own = this.#changedByInstrument.get(client.key) ?? [];
    const sections = new Set([...own, ...this.#changedShared]);
    if (sections.size === 0) return null;
    return this.#frame('update', update(this.#ports, client.instrument, sections));
  }

  #sendSnapshot(client: Client): void {
    client.isBehind = !client.write(this.#frame('snapshot', snapshot(this.#ports, client.instrument)));
  }

  #drained(client: Client): void {
    if (this.#clients.has(client) && client.isBehind) this.#sendSnapshot(client);
  }

  #left(client: Client): void {
    this.#clients.delete(client);
    if (this.#clients.size > 0) return;
    this.#unsubscribe?.();
    this.#unsubscribe = undefined;
    this.#changedShared.clear();
    this.#changedByInstrument.clear();
  }

  #frame(event: string, message: LiveMessage): string {
    this.#messageId += 1;
    return `event: ${event}\nid: ${this.#messageId}\ndata: ${JSON.stringify(message)}\n\n`;
  }
}
