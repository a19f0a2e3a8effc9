/** What of the wanted span the store does not have, and what to say about it. Pure. */
import { datesOf, overlap, type Span, spanOfDay, without } from '../connector/history/store/spans.ts';
import { DAY_MS, utcDateOf } from '../shared/day-totals.ts';
import type { Environment, Instrument } from '../shared/market.ts';
import type { StoredDay } from './ports.ts';

/** A span without trades that can be relied upon, and why. */
export type Missing = Span & { readonly why: string };

/** Spans that are told one by one. */
const MOST_TOLD = 10;

/** What is not covered, ascending; what touches and has one reason is one. */
export function missingOf(span: Span, days: readonly StoredDay[]): readonly Missing[] {
  const byDate = new Map(days.map((day) => [day.date, day]));
  const missing: Missing[] = [];
  for (const date of datesOf(span)) {
    const wanted = overlap(spanOfDay(date), span);
    if (wanted === undefined) continue;
    for (const one of missingIn(wanted, byDate.get(date))) {
      const last = missing.at(-1);
      if (last?.to === one.from && last.why === one.why)
        missing[missing.length - 1] = { ...last, to: one.to };
      else missing.push(one);
    }
  }
  return missing;
}

function missingIn(wanted: Span, day: StoredDay | undefined): readonly Missing[] {
  if (day === undefined || day.kind === 'absent') return [{ ...wanted, why: 'not stored' }];
  if (day.kind === 'untrusted')
    return [{ ...wanted, why: `the stored file is not trusted, since ${day.reason}` }];
  const covered = day.spans.flatMap((span) => without(span, day.gaps));
  return without(wanted, covered).map((hole) => {
    const known = day.gaps.find((gap) => overlap(gap, hole) !== undefined);
    return { ...hole, why: known?.cause ?? 'not covered by what is stored' };
  });
}

/** One line a span, the first ten. */
export function missingLines(missing: readonly Missing[]): readonly string[] {
  const lines = missing
    .slice(0, MOST_TOLD)
    .map(({ from, to, why }) => `${timeText(from)} to ${timeText(to)}: ${why}`);
  return missing.length > MOST_TOLD ? [...lines, `and ${missing.length - MOST_TOLD} more`] : lines;
}

/** The command that fetches what is missing. `cache`: the folder, where it is not the usual one. */
export function fetchCommand(
  { category, symbol }: Instrument,
  environment: Environment,
  missing: readonly Missing[],
  cache: string | undefined,
): string {
  const from = utcDateOf(missing[0]?.from ?? 0);
  const to = utcDateOf((missing.at(-1)?.to ?? 1) - 1);
  return [
    'npm run history --',
    `--symbol ${category === 'linear' ? symbol : `${category}:${symbol}`}`,
    `--from ${from} --to ${to}`,
    // Named also where it is the usual one: settings may choose another.
    `--environment ${environment}`,
    ...(cache === undefined ? [] : [`--out ${cache}`]),
  ].join(' ');
}

/** "2026-08-01T00:00:00.000Z"; midnight is the day alone. */
export function timeText(at: number): string {
  return at % DAY_MS === 0 ? utcDateOf(at) : new Date(at).toISOString();
}
