/** Everything that a scrape tells, read once: judging the health of many symbols takes milliseconds of the feed's thread. */
import { instrumentKey } from '../../../shared/market.ts';
import type { ApiPorts } from '../../api/ports.ts';
import { countGaps, type StreamCounts } from '../../api/present-metrics.ts';
import { observedIn } from '../observed.ts';

export type Snapshot = ReturnType<typeof snapshotOf>;

function gated(ports: ApiPorts) {
  const { gate, strategies } = ports.strategies();
  return { gate, strategies };
}

export function snapshotOf(ports: ApiPorts, stream: () => StreamCounts) {
  const health = ports.health();
  const gaps = [...ports.gaps()];
  return {
    now: ports.now(),
    mode: ports.mode(),
    health,
    observed: observedIn(health),
    readiness: ports.readiness(),
    backfill: ports.context.backfill(),
    metrics: ports.metrics(),
    audit: ports.audit(),
    connectors: ports.connectors(),
    topics: ports.topics(),
    books: ports.instruments().map((instrument) => ({
      instrument: instrumentKey(instrument),
      isValid: ports.book(instrument)?.valid ?? false,
    })),
    gapList: gaps,
    gaps: countGaps({ gaps: () => gaps }),
    ...gated(ports),
    stream: stream(),
  };
}
