/**
 * Where the runner records trades, and how what it has seen completely is read back (docs/semantics.md, recordings of trades).
 *
 * `{DATA_DIR}/recording/{environment}/{category}/{SYMBOL}/2026-08-01.jsonl` has the trades of a UTC day, one line each, in the order in
 * which they were told; `2026-08-01.spans.jsonl` beside it says what of the day is complete:
 *
 *   {"from":ms,"to":ms,"boot":"1b2c3d4e.5f60"}  adds a span (half-open) whose trades were written
 *   {"missed_from":ms,"missed_to":ms}          takes one back
 *   {"durable":"1b2c3d4e.5f60"}                the disk has confirmed the trades of all spans above with that very tag
 *   {"lost":"1b2c3d4e.5f60"}                   it failed to: what is above and was not confirmed does not count, whoever wrote it
 *   {"from":ms,"to":ms}                        a span that was confirmed before it was written (earlier versions)
 *
 * The tag names the boot of the machine and, behind the dot, the run that wrote the line (files of earlier versions name the boot alone).
 *
 * What was written survives the death of the process, and a failure of the power or of the kernel only once the disk has confirmed it. So a
 * span counts as long as the machine runs on since its boot, and for good once it is confirmed. No run confirms what another one has claimed:
 * a disk reports what it has lost only once, and whoever heard it may have died before it was noted. Each line says for itself whose it
 * is: whatever other lines a failure of the power has cost, none that is left counts for more than before. A process that was killed may
 * leave a last line without its end: it does not count.
 */
import path from 'node:path';
import { dayStart } from './day-totals.ts';
import { assert } from './errors.ts';
import { categories, type Environment, environments, type Instrument, symbolPattern } from './market.ts';

/** Below DATA_DIR. */
export const RECORDING_FOLDER = 'recording';

/** A symbol in a market of one network: what a folder of recordings is of. */
export type RecordedInstrument = Instrument & { readonly environment: Environment };
/** ms since 1970: `from` is in it, `to` is not. */
export type RecordedSpan = { readonly from: number; readonly to: number };

/** The folder of one instrument below `root`. Throws for what is no symbol: it would lead somewhere else. */
export function recordingFolder(root: string, of: RecordedInstrument): string {
  const { environment, category, symbol } = of;
  assert(symbolPattern.test(symbol), `${JSON.stringify(symbol)} is no symbol`);
  return path.join(root, environment, category, symbol);
}

export function tradesFileOf(date: string): string {
  return `${date}.jsonl`;
}

export function spansFileOf(date: string): string {
  return `${date}.spans.jsonl`;
}

/** The UTC day that a file of either name is of; undefined for any other file. */
export function dateOfRecording(name: string): string | undefined {
  const date = /^(\d{4}-\d\d-\d\d)(\.spans)?\.jsonl$/.exec(name)?.[1];
  return date === undefined || Number.isNaN(dayStart(date)) ? undefined : date;
}

/** The instrument of a folder below the root of recordings; undefined for any other folder. */
export function instrumentOfFolder(
  environment: string,
  category: string,
  symbol: string,
): RecordedInstrument | undefined {
  const network = environments.find((one) => one === environment);
  const market = categories.find((one) => one === category);
  if (network === undefined || market === undefined || !symbolPattern.test(symbol)) return undefined;
  return { environment: network, category: market, symbol };
}

/** What the claims of a run are marked with. Where no boot is known no reader is in it, so what is written counts once it is confirmed. */
export function tagOf(boot: string | undefined, run: string): string {
  return `${boot ?? 'none'}.${run}`;
}

/** Of trades that were written, and that the disk has not confirmed. */
export function freshLine({ from, to }: RecordedSpan, tag: string): string {
  return `{"from":${from},"to":${to},"boot":"${tag}"}\n`;
}

/** What was claimed and is not so: trades of that span turned out to be missing. */
export function missedLine({ from, to }: RecordedSpan): string {
  return `{"missed_from":${from},"missed_to":${to}}\n`;
}

/** The disk has confirmed the trades of all spans of that tag that are above; a `missed` line above must be confirmed too. */
export function durableLine(tag: string): string {
  return `{"durable":"${tag}"}\n`;
}

/** The disk could not confirm trades when a run asked for it: they may be gone. */
export function lostLine(tag: string): string {
  return `{"lost":"${tag}"}\n`;
}

const spanPattern = /^\{"(missed_)?from":(\d+),"(missed_)?to":(\d+)(?:,"boot":"([\da-z.]+)")?\}$/;
const markPattern = /^\{"(durable|lost)":"([\da-z.]+)"\}$/;

/**
 * What the lines of a file of spans say is complete, ascending; spans do not touch. What cannot be read says nothing. `boot`: the present one
 * of this machine (io/boot-id.ts); undefined where it is not known, so that only what was confirmed counts.
 */
export function spansOfLines(text: string, boot: string | undefined): readonly RecordedSpan[] {
  let confirmed: RecordedSpan[] = [];
  /** Not confirmed yet, by their tags. */
  const fresh = new Map<string, RecordedSpan[]>();
  const lines = text.split('\n');
  lines.pop();
  for (const line of lines) {
    const match = spanPattern.exec(line);
    if (match === null) {
      const mark = markPattern.exec(line);
      const [, kind, tag = ''] = mark ?? [];
      if (kind === 'durable') for (const span of fresh.get(tag) ?? []) addTo(confirmed, span);
      if (kind === 'durable') fresh.delete(tag);
      if (kind === 'lost') fresh.clear();
      continue;
    }
    const [, missed, from, missedTo, to, tag] = match;
    const span = { from: Number(from), to: Number(to) };
    if (missed !== missedTo || span.from >= span.to) continue;
    if (missed !== undefined) {
      confirmed = cutOut(confirmed, span);
      for (const [of, spans] of fresh) fresh.set(of, cutOut(spans, span));
    } else if (tag === undefined) addTo(confirmed, span);
    else {
      const ofTag = fresh.get(tag) ?? [];
      fresh.set(tag, ofTag);
      addTo(ofTag, span);
    }
  }
  for (const [tag, spans] of fresh)
    if (boot !== undefined && tag.split('.', 1)[0] === boot) for (const span of spans) addTo(confirmed, span);
  return confirmed;
}

/** What the lines of a file of spans have ever taken back, as they stand. */
export function missedOfLines(text: string): readonly RecordedSpan[] {
  return text.split('\n').flatMap((line) => {
    const [, missed, from, missedTo, to] = spanPattern.exec(line) ?? [];
    return missed === undefined || missedTo === undefined ? [] : [{ from: Number(from), to: Number(to) }];
  });
}

/** Nearly every line goes on where the last span ends. */
function addTo(spans: RecordedSpan[], span: RecordedSpan): void {
  let at = spans.length;
  let { from, to } = span;
  while (at > 0 && (spans[at - 1]?.to ?? 0) >= from) at -= 1;
  let end = at;
  for (let next = spans[end]; next !== undefined && next.from <= to; next = spans[end]) {
    from = Math.min(from, next.from);
    to = Math.max(to, next.to);
    end += 1;
  }
  spans.splice(at, end - at, { from, to });
}

function cutOut(spans: readonly RecordedSpan[], hole: RecordedSpan): RecordedSpan[] {
  return spans.flatMap(({ from, to }) => {
    if (to <= hole.from || from >= hole.to) return [{ from, to }];
    return [
      ...(from < hole.from ? [{ from, to: hole.from }] : []),
      ...(to > hole.to ? [{ from: hole.to, to }] : []),
    ];
  });
}
