/**
 * Every `curl ... | jq` line of the documents that towline was built from, and a way to run them against any base URL.
 *
 * They are promises to people who copy them from there: each must work as it stands but for the host and port.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

export type CurlLine = {
  /** Path and query as in the line. */
  readonly path: string;
  /** The filter of jq; `.` where the line names none. */
  readonly filter: string;
  /** What the filter gives, told by `jq type`: an error object must not pass for an answer. */
  readonly type: 'object' | 'array' | 'boolean';
  /** Fields that the answer must have. */
  readonly fields: readonly string[];
};

export const curlLines: readonly CurlLine[] = [
  { path: '/health', filter: '.', type: 'object', fields: ['status', 'websocket_connected', 'checks'] },
  { path: '/trades?limit=10', filter: '.[0:5]', type: 'array', fields: [] },
  {
    path: '/trades/stats',
    filter: '.',
    type: 'object',
    fields: ['total_count', 'oldest_trade_time', 'newest_trade_time', 'buffer_size', 'connected'],
  },
  { path: '/ws/trades?limit=5', filter: '.', type: 'array', fields: [] },
  { path: '/ws/health', filter: '.trades.connected', type: 'boolean', fields: [] },
  {
    path: '/metrics',
    filter: '.trades',
    type: 'object',
    fields: ['per_minute_count', 'per_second_rate', 'queue_size'],
  },
];

/** The reason why the lines cannot be run here; false when they can. Fits `skip` of node:test. */
export async function curlLinesSkipReason(): Promise<string | false> {
  for (const program of ['curl', 'jq']) {
    try {
      await run(program, ['--version']);
    } catch {
      return `the program ${program} is not here: the curl lines of the documents are not run`;
    }
  }
  return false;
}

/** Runs one line with the real programs, as a shell would (`curl URL | jq FILTER`), and answers what jq printed. */
export async function runCurlLine(baseUrl: string, line: CurlLine): Promise<unknown> {
  const pipeline = 'set -o pipefail; curl --silent --show-error --max-time 10 "$1" | jq "$2"';
  const { stdout } = await run('bash', ['-c', pipeline, 'bash', `${baseUrl}${line.path}`, line.filter]);
  return JSON.parse(stdout);
}

/** Throws with the line and what it printed when that is not what the documents promise. */
export function checkCurlAnswer(line: CurlLine, printed: unknown): void {
  const type = Array.isArray(printed) ? 'array' : printed === null ? 'null' : typeof printed;
  const missing =
    type === 'object' ? line.fields.filter((field) => !Object.hasOwn(printed as object, field)) : [];
  if (type === line.type && missing.length === 0) return;
  throw new Error(
    `curl ${line.path} | jq '${line.filter}' gave ${type} ${JSON.stringify(printed).slice(0, 300)}, wanted ${line.type} ${line.fields.join(', ')}`,
  );
}
