/** Where the events of a feed can come from besides the store: a recording of the connector, or lines of any connector. */
import type { UnnumberedEvent } from '../../../shared/events/event.ts';
import type { Topic } from '../../../shared/market.ts';
import type { Policy } from '../../../shared/policy.ts';
import { decodeEvent, type LineDefaults } from '../../../shared/wire.ts';
import { recordedLines } from '../../io/recorded-lines.ts';
import { Replay, readRecordedLine } from '../../replay.ts';
import type { FeedEvent } from '../hftbacktest/feed-rows.ts';

/** Events that go on together. */
const PART = 500;

/**
 * The events of a recording (`stream --record`, also packed), by the code of the live stream; receipts are those of the recording. Only the
 * topics that are named. Lines that cannot be read, the last of a killed recorder above all, are told to `bad`. Throws when the file cannot be read.
 */
export async function* eventsOfRecording(
  file: string,
  topics: readonly [Topic, ...Topic[]],
  policy: Policy,
  bad: (reason: string) => void = () => undefined,
): AsyncGenerator<readonly FeedEvent[], void, void> {
  let part: UnnumberedEvent[] = [];
  const replay = new Replay(topics[0].category, policy, (event) => part.push(event));
  for (const topic of topics) replay.want(topic);
  let number = 0;
  for await (const line of recordedLines(file)) {
    number += 1;
    const entry = readRecordedLine(line);
    if (typeof entry === 'string') bad(`${file} line ${number}: ${entry}`);
    else replay.entry(entry);
    if (part.length < PART) continue;
    yield part;
    part = [];
  }
  if (part.length > 0) yield part;
}

/** The events of lines as a connector prints them. Those that are none are told to `bad`; types of a later version are passed over. */
export async function* eventsOfLines(
  lines: AsyncIterable<string>,
  defaults: LineDefaults,
  bad: (reason: string) => void = () => undefined,
): AsyncGenerator<readonly FeedEvent[], void, void> {
  let part: FeedEvent[] = [];
  let number = 0;
  for await (const line of lines) {
    number += 1;
    const decoded = decodeEvent(line, defaults);
    if (decoded.kind === 'bad') bad(`line ${number}: ${decoded.reason}`);
    if (decoded.kind === 'event') part.push(decoded.event);
    if (part.length < PART) continue;
    yield part;
    part = [];
  }
  if (part.length > 0) yield part;
}
