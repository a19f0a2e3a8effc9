/** The recording of trades; nothing of it where none are recorded (RECORD_TRADES=off). */
import type { RecordingCounts } from '../../history/recorder-types.ts';
import { pauses } from '../../history/recording-pause.ts';
import { counter, gauge, type Metric, oneOf, samples, single } from './metric.ts';

function one(pick: (counts: RecordingCounts) => number | null): Metric['read'] {
  return ({ metrics: { recording } }) => single(recording === undefined ? null : pick(recording));
}

const states = ['recording', ...pauses] as const;

export const recordingMetrics: readonly Metric[] = [
  gauge(
    'recording_state',
    '1 for the present state; every other than recording is a pause',
    ['state'],
    ({ metrics }) =>
      metrics.recording === undefined ? [] : oneOf('state', states, metrics.recording.paused ?? 'recording'),
  ),
  gauge(
    'recording_instruments',
    'Symbols whose trades are recorded',
    [],
    one((counts) => counts.instruments),
  ),
  gauge(
    'recording_waiting_trades',
    'Trades that are not on the disk yet; beyond 200,000 further ones are dropped',
    [],
    one((counts) => counts.waiting),
  ),
  counter(
    'recording_trades_total',
    'Trades that are on the disk',
    [],
    one((counts) => counts.trades),
  ),
  counter(
    'recording_written_bytes_total',
    'Bytes that were added to files of recordings',
    [],
    one((counts) => counts.bytes),
  ),
  counter(
    'recording_dropped_trades_total',
    'Trades that were not recorded, by cause; their time is in no span that is said to be complete',
    ['cause'],
    ({ metrics: { recording } }) => (recording === undefined ? [] : samples('cause', recording.dropped)),
  ),
  counter(
    'recording_doubles_total',
    'Late trades that an earlier run had recorded already, so that they were not written again',
    [],
    one((counts) => counts.doubles),
  ),
  counter(
    'recording_torn_lines_total',
    'Last lines without their end, left by a killed run, that were cut off',
    [],
    one((counts) => counts.torn),
  ),
  gauge(
    'recording_kept_bytes',
    'All recordings on the disk at the last look, every 5 minutes; bounded by RECORD_MAX_MB',
    [],
    one((counts) => counts.keptBytes),
  ),
  counter(
    'recording_removed_days_total',
    'Days of one symbol that were removed because of RECORD_KEPT_DAYS or RECORD_MAX_MB',
    [],
    one((counts) => counts.removed),
  ),
];
