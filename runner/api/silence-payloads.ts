/** What is done about silence, and the gate of the strategies: a part of the payloads of the API (payloads.ts). */
import { z } from 'zod';
import { escalationSteps } from '../context/escalation.ts';
import { gateCodes } from '../strategy/gate.ts';

const time = z.string().describe('ISO 8601, UTC, milliseconds');
const count = z.number();

export const gateSchema = z
  .object({
    open: z.boolean(),
    reasons: z.array(
      z.object({ code: z.enum(gateCodes), topic: z.string().nullable(), since: time, words: z.string() }),
    ),
  })
  .describe('Whether signals may leave, and why not; at most 50 reasons');
export type GatePayload = z.output<typeof gateSchema>;

export const silenceChecksSchema = z
  .object({
    asked: count.describe('Questions to the exchange about trades that did not come'),
    confirmed: count.describe('Topics called silent because the exchange listed newer trades'),
    withheld: count.describe('Silences in which nothing was traded, so that none was called'),
  })
  .nullable()
  .describe('Since the start of the child, by its last heartbeat; null where it asks nobody');

export const tradeAuditSchema = z
  .object({
    lists: count.describe("Lists of the exchange's newest trades that what was told was held against"),
    left_out: count.describe('Trades that such a list showed to have been left out; each is told in a gap'),
  })
  .nullable()
  .describe('Since the start of the child, by its last heartbeat; null where it asks nobody');

export const escalationSchema = z
  .object({
    topic: count.describe('Topics asked for anew because they were silent'),
    socket: count.describe('Sockets given up because they gave no data'),
    child: count.describe('Children replaced because their sockets gave no data'),
    last: z.object({ step: z.enum(escalationSteps), what: z.string(), cause: z.string(), time }).nullable(),
  })
  .describe('What was done about silence since the runner started');
