/** The gaps that the runner knows, by the id under which it tells them; bounded. */
import type { GapBound, GapCause, GapEvent } from '../../shared/events/process-events.ts';
import type { UnixMs } from '../../shared/time.ts';
import { type Followed, type FollowedTopics, type GapEntry, placeOf } from './gaps-places.ts';

/** Gaps with both ends that are offered to the next child: the newest of each topic. */
const MAX_OFFERED = 4;

/** Both ends of a gap, where they are known as it is opened. */
export type GapEnds = { readonly from: GapBound | null; readonly to: GapBound } & Partial<
  Pick<GapEvent, 'state' | 'healed_by'>
>;

export class GapEntries {
  readonly #nonce: string;
  readonly #capacity: number;
  readonly #topics: FollowedTopics;
  /** Oldest first. */
  readonly #byId = new Map<string, GapEntry>();
  /** Healed or lost: nothing more is to come of them. In the order in which that was told. */
  readonly #settled = new Set<string>();
  readonly counts = { opened: 0, absorbed: 0, forgotten: 0 };

  constructor(nonce: string, capacity: number, topics: FollowedTopics) {
    this.#nonce = nonce;
    this.#capacity = capacity;
    this.#topics = topics;
  }

  all(): readonly GapEvent[] {
    return [...this.#byId.values()].map((entry) => entry.gap);
  }

  values(): readonly GapEntry[] {
    return [...this.#byId.values()];
  }

  has(id: string): boolean {
    return this.#byId.has(id);
  }

  /** A gap of an earlier run. */
  takeUp(gap: GapEvent): GapEntry {
    const entry: GapEntry = { gap, generation: 0 };
    this.#byId.set(gap.gap_id, entry);
    this.#note(gap);
    return entry;
  }

  /** The runner's own word that it sees nothing of this topic from here on; or of what lay between two ends. */
  miss(followed: Followed, cause: GapCause, generation: number, at: UnixMs, ends?: GapEnds): GapEvent {
    const gap_id = `r-${this.#nonce}-${this.counts.opened + 1}`;
    const from = placeOf(followed) ?? null;
    const told = {
      type: 'gap',
      gap_id,
      state: 'open',
      ...followed.topic,
      cause,
      from,
      to: null,
      at,
    } as const;
    return this.#add({ ...told, ...ends }, followed, generation).gap;
  }

  /** What a child tells. */
  open(gap: GapEvent, followed: Followed, generation: number): GapEntry {
    // A new child does not know what an earlier one had shown.
    return this.#add({ ...gap, from: gap.from ?? placeOf(followed) ?? null }, followed, generation);
  }

  #add(gap: GapEvent, followed: Followed, generation: number): GapEntry {
    const entry: GapEntry = { gap, generation };
    this.counts.opened += 1;
    this.#byId.set(gap.gap_id, entry);
    this.#note(gap);
    if (isEndless(gap)) followed.endless = entry;
    offer(followed, entry);
    this.#makeRoom();
    return entry;
  }

  /** The gap has changed. */
  replace(entry: GapEntry, gap: GapEvent): GapEvent {
    entry.gap = gap;
    if (this.#byId.get(gap.gap_id) === entry) this.#note(gap);
    const followed = this.#topics.find(gap);
    if (followed === undefined) return gap;
    if (!isEndless(gap) && followed.endless === entry) followed.endless = undefined;
    offer(followed, entry);
    return gap;
  }

  /**
   * The gap that was settled first leaves, and only where there is none the oldest open one that has an end: what is forgotten here
   * the archive cannot close before the next start. Those without an end are at most one a topic and stay.
   */
  #makeRoom(): void {
    if (this.#byId.size <= this.#capacity) return;
    const [settled] = this.#settled;
    if (settled !== undefined) return this.#forget(settled);
    for (const [id, { gap }] of this.#byId) if (!isEndless(gap)) return this.#forget(id);
  }

  #forget(id: string): void {
    this.#byId.delete(id);
    this.#settled.delete(id);
    this.counts.forgotten += 1;
  }

  #note({ gap_id, state }: GapEvent): void {
    if (state === 'open') this.#settled.delete(gap_id);
    else this.#settled.add(gap_id);
  }
}

export function isEndless(gap: GapEvent): boolean {
  return gap.to === null && gap.state === 'open';
}

/** Keeps the list of what the next child may heal. */
export function offer({ ended }: Followed, entry: GapEntry): void {
  const { channel, state, from, to } = entry.gap;
  const canHeal = channel === 'trades' && state === 'open' && from !== null && to !== null;
  const place = ended.indexOf(entry);
  if (!canHeal && place >= 0) ended.splice(place, 1);
  if (canHeal && place < 0) ended.push(entry);
  if (ended.length > MAX_OFFERED) ended.shift();
}
