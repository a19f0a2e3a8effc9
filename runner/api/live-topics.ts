/**
 * The topics as the page shows them: how many are in which phase, those of the shown instrument, and one page of the others.
 *
 * A runner may listen to thousands of topics, and their ages change all the time: all of them, every second, would be more than
 * the data. Whoever wants them all asks /ws/health. Pure.
 */
import type { Instrument } from '../../shared/market.ts';
import { type TopicPhase, topicPhases } from '../context/topic-phase.ts';
import type { TopicStatus } from './views.ts';

/** Rows of a page. */
export const TOPICS_A_PAGE = 12;
/** Of the shown instrument; it has a few topics, but nothing limits how many intervals of candles are wanted. */
const OWN_TOPICS = 20;
/** Characters of a reason: an exchange's refusal may be long. */
const REASON_CHARACTERS = 200;

/** What a reader of /stream looks for: words that must all be in the name or the phase, and which page of what was found. */
export type TopicSearch = { readonly words: string; readonly page: number };

export type LiveTopic = {
  readonly topic: string;
  readonly phase: TopicPhase;
  readonly age_ms: number | null;
  readonly reason: string | null;
};

export type LiveTopics = {
  readonly total: number;
  readonly phases: Readonly<Record<TopicPhase, number>>;
  /** Of the shown instrument. */
  readonly own: readonly LiveTopic[];
  /** What was looked for, how many were found, and which page of them is in `rows`; from 1. */
  readonly search: string;
  readonly found: number;
  readonly page: number;
  readonly pages: number;
  /** What does not flow comes first. Those of the shown instrument are among them only when something was looked for. */
  readonly rows: readonly LiveTopic[];
};

export function liveTopics(
  topics: readonly TopicStatus[],
  shown: Instrument,
  { words, page: wantedPage }: TopicSearch,
): LiveTopics {
  const phases = Object.fromEntries(topicPhases.map((phase) => [phase, 0])) as Record<TopicPhase, number>;
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  const own: TopicStatus[] = [];
  const sick: TopicStatus[] = [];
  const well: TopicStatus[] = [];
  for (const status of topics) {
    const { topic, phase, key } = status;
    phases[phase] += 1;
    const isOwn = topic.symbol === shown.symbol && topic.category === shown.category;
    if (isOwn) own.push(status);
    if (isOwn && wanted.length === 0) continue;
    const text = `${key} ${phase}`.toLowerCase();
    if (wanted.every((word) => text.includes(word))) (phase === 'flowing' ? well : sick).push(status);
  }
  const found = sick.length + well.length;
  const pages = Math.max(1, Math.ceil(found / TOPICS_A_PAGE));
  // Topics go while somebody looks at the last page.
  const page = Math.min(wantedPage, pages);
  const start = (page - 1) * TOPICS_A_PAGE;
  return {
    total: topics.length,
    phases,
    own: own.slice(0, OWN_TOPICS).map(rowOf),
    search: words,
    found,
    page,
    pages,
    rows: [...sick, ...well].slice(start, start + TOPICS_A_PAGE).map(rowOf),
  };
}

function rowOf({ key, phase, age_ms, refusal, stale_reason }: TopicStatus): LiveTopic {
  const reason = refusal ?? stale_reason;
  return {
    topic: key,
    phase,
    age_ms: age_ms === null ? null : Math.round(age_ms),
    reason: reason === null ? null : reason.slice(0, REASON_CHARACTERS),
  };
}
