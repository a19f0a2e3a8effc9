/** What came of holding our books against the exchange's own: /audit. */
import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod';
import { type Level, topicKey } from '../../../shared/market.ts';
import type { AuditSample, AuditView } from '../../audit/audit-report.ts';
import { type AuditPayload, auditSchema } from '../audit-payloads.ts';
import type { ApiPorts } from '../ports.ts';
import { isoTime } from '../present-market.ts';

export function auditRoutes(ports: Pick<ApiPorts, 'audit'>): FastifyPluginCallbackZod {
  return (app, _options, done) => {
    app.get(
      '/audit',
      {
        schema: {
          tags: ['health'],
          summary:
            'Books held against the own ones of the exchange: how often, with what verdict, and each one that was wrong',
          response: { 200: auditSchema },
        },
      },
      () => presentAudit(ports.audit()),
    );
    done();
  };
}

function presentAudit({ off, counts, last, lastFailure, samples }: AuditView): AuditPayload {
  return {
    running: off === null,
    reason: off,
    counts: { ...counts },
    last:
      last === null ? null : { topic: topicKey(last.topic), time: isoTime(last.at), verdict: last.verdict },
    last_failure: lastFailure,
    mismatches: samples.map(presentSample),
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
