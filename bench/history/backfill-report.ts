/** The feed with and without history beside it, as Markdown: medians over the runs. */
import { median } from '../report.ts';
import { type Buckets, hopNames, type Percentiles } from './hop-buckets.ts';

export type BackfillResult = {
  readonly backfill: 'named' | 'off';
  readonly lastedMs: number;
  /** Stored trades that were joined. */
  readonly joined: number;
  readonly hops: Buckets;
};

const titles = { child_to_runner: 'connector to runner', total: 'matching engine to runner' } as const;

export function backfillTable(results: readonly BackfillResult[]): string {
  const lines = (['named', 'off'] as const).flatMap((backfill) =>
    hopNames.map((hop) => {
      const own = results.filter((one) => one.backfill === backfill);
      const of = (key: keyof Percentiles): string => String(median(own.map(({ hops }) => hops[hop][key])));
      const what = backfill === 'named' ? 'while history is fetched and joined' : 'without history';
      const joined =
        backfill === 'named' ? Math.round(median(own.map((one) => one.joined))).toLocaleString('en') : '';
      const lasted = `${(median(own.map((one) => one.lastedMs)) / 1_000).toFixed(1)} s`;
      return `| ${[what, titles[hop], of('p50'), of('p99'), of('p999'), of('max'), lasted, joined].join(' | ')} |`;
    }),
  );
  return [
    '| | hop | p50 ms | p99 | p99.9 | max | looked at | stored trades joined |',
    '|---|---|---|---|---|---|---|---|',
    ...lines,
  ].join('\n');
}
