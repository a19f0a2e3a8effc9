/** The payload of /audit. */
import { z } from 'zod';
import { auditVerdicts } from '../audit/audit-report.ts';

const level = z.tuple([z.number(), z.number()]).describe('[price, quantity]');
const sides = z.object({ bids: z.array(level), asks: z.array(level) });

export const auditSchema = z.object({
  running: z.boolean().describe('Is now and then one book held against the one of the exchange?'),
  reason: z.string().nullable().describe('Why not, in words'),
  counts: z
    .object({ equal: z.int(), different: z.int(), unjoined: z.int(), failed: z.int() })
    .describe(
      'Since the start. equal, different: proven; unjoined: the answer fits no state of ours, so it proves nothing; failed: no answer',
    ),
  last: z
    .object({ topic: z.string(), time: z.string(), verdict: z.enum(auditVerdicts) })
    .nullable()
    .describe('The newest look'),
  last_failure: z.string().nullable().describe('Why the newest look that failed did'),
  mismatches: z
    .array(
      z.object({
        time: z.string(),
        topic: z.string(),
        proof: z
          .enum(['same_seq', 'twice_wrong'])
          .describe('By the same sequence, or because the same levels were wrong twice'),
        seq: z.int().describe("Sequence of the exchange's book"),
        last_update_id: z.int().describe('Of our state that it was held against'),
        differing: z.int().describe('Levels on which they disagree'),
        differences: z
          .array(
            z.object({
              side: z.enum(['bid', 'ask']),
              price: z.number(),
              ours: z.number().nullable(),
              theirs: z.number().nullable(),
            }),
          )
          .describe('The first of them; null: the level is not there'),
        ours: sides.describe('The best levels of our book'),
        theirs: sides.describe("The best levels of the exchange's"),
      }),
    )
    .describe('The newest books that were found wrong, newest first'),
});
export type AuditPayload = z.output<typeof auditSchema>;
