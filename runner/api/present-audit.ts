/** What came of holding books against the exchange's own, as the API and the page show it. */
import { type Level, topicKey } from '../../shared/market.ts';
import type { AuditSample, AuditView } from '../audit/audit-report.ts';
import type { AuditPayload } from './audit-payloads.ts';
import { isoTime } from './present-market.ts';

export function presentAudit(view: AuditView): AuditPayload {
  return { ...presentAuditState(view), mismatches: view.samples.map(presentSample) };
}

/** Without the books that were wrong. */
export function presentAuditState({
  off,
  counts,
  last,
  lastFailure,
}: AuditView): Omit<AuditPayload, 'mismatches'> {
  return {
    running: off === null,
    reason: off,
    counts: { ...counts },
    last:
      last === null ? null : { topic: topicKey(last.topic), time: isoTime(last.at), verdict: last.verdict },
    last_failure: lastFailure,
  };
}

function presentSample(sample: AuditSample): AuditPayload['mismatches'][number] {
  const { at, topic, proof, seq, lastUpdateId, differing, differences, ours, theirs } = sample;
  return {
    time: isoTime(at),
    topic: topicKey(topic),
    proof,
    seq,
    last_update_id: lastUpdateId,
    differing,
    differences: differences.map((difference) => ({ ...difference })),
    ours: { bids: pairs(ours.bids), asks: pairs(ours.asks) },
    theirs: { bids: pairs(theirs.bids), asks: pairs(theirs.asks) },
  };
}

function pairs(levels: readonly Level[]): [number, number][] {
  return levels.map(([price, qty]) => [price, qty]);
}
