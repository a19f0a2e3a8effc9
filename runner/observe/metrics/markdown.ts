/** docs/metrics.md, printed from the tables that make a scrape. A test fails when the page is stale. */
import { latencyBoundsMicros } from '../latency-histogram.ts';
import { hopHistogram, hopNegatives } from './hop-text.ts';
import { metricGroups } from './table.ts';

const hops = [
  [
    'engine_to_push',
    "matching engine (`timestamp`) to push (`sent_at`), both by the exchange's clock, in whole milliseconds",
    'trades, deltas of books',
  ],
  [
    'push_to_child',
    'push (`sent_at`) to the receipt of the frame (`received_at`): the network, **and the difference of the two clocks**',
    'trades, books',
  ],
  [
    'child_to_runner',
    'receipt in the child to the moment when the runner has read the event: parsing, both queues, the pipe',
    'trades, books',
  ],
  [
    'total',
    'matching engine to the runner: the sum of the three, **with the difference of the clocks**',
    'trades, deltas of books',
  ],
  [
    'runner_to_strategy',
    "hand-over of a batch to a strategy's thread until its answer, its handlers' time included; `channel` is `all`, one latency a batch",
    'batches',
  ],
] as const;

export function metricsMarkdown(): string {
  const groups = metricGroups.map(({ title, metrics }) => {
    const rows = metrics.map(({ name, kind, labels, help }) => row(name, kind, labels, help));
    return [`## ${title}`, '', ...head, ...rows].join('\n');
  });
  return `${[intro, hopSection(), ...groups].join('\n\n')}\n`;
}

const intro = `# Metrics

Printed from the tables in \`runner/observe/metrics/\`; do not edit by hand.

\`GET /metrics\` answers with them when \`Accept\` asks for \`text/plain\` or OpenMetrics, as Prometheus does; else with JSON. They are made when somebody
scrapes. A metric whose value is unknown has no sample. Alerts and a dashboard: [config/prometheus/](../config/prometheus/README.md),
[config/grafana/](../config/grafana/README.md).

\`\`\`sh
curl -s -H 'Accept: text/plain' http://127.0.0.1:8000/metrics | grep -v '^#'
\`\`\``;

const head = ['| name | type | labels | |', '|---|---|---|---|'];

function row(name: string, kind: string, labels: readonly string[], help: string): string {
  return `| \`${name}\` | ${kind} | ${labels.map((label) => `\`${label}\``).join(', ')} | ${help} |`;
}

function hopSection(): string {
  const bounds = latencyBoundsMicros.map((micros) => String(micros / 1e6)).join(', ');
  return [
    '## Latency, hop by hop',
    '',
    ...head,
    row(hopHistogram.name, 'histogram', hopHistogram.labels, hopHistogram.help),
    row(hopNegatives.name, 'counter', hopNegatives.labels, hopNegatives.help),
    '',
    '| `hop` | from, to | of |',
    '|---|---|---|',
    ...hops.map(([hop, span, of]) => `| \`${hop}\` | ${span} | ${of} |`),
    '',
    `Buckets (seconds): ${bounds}.`,
    '',
    'Only live data are measured: not what was healed, comes from an archive or is replayed. A snapshot of a book carries the time of its last change, so it',
    'counts only from its push on. A connector that does not stamp `sent_at` or `received_at` has no hops that need them. Batches for strategies are all measured.',
    '',
    'How far `push_to_child` and `total` may be wrong is told beside them: `towline_connector_clock_offset_seconds` (positive: our clock is ahead, and the',
    'latencies look that much longer) and `towline_connector_clock_error_seconds`. A latency below zero is never put into a bucket: it is counted in',
    '`towline_hop_negative_total`. When our wall clock is set, the hops are right again after a second at most.',
    '',
    "The stamps of the exchange are whole milliseconds, and `received_at` may be up to a millisecond early (the child sets its clock by the system's, which",
    'tells whole milliseconds): of a way of less than that, as on one machine, a part comes out negative, and `child_to_runner` up to a millisecond too long.',
  ].join('\n');
}
