/**
 * The client of the exchange's public REST interface: polite, patient and bounded.
 *
 * How a question waits, when it may go and when it is put again is the same for everybody who asks (patience.ts); what an answer
 * means is decided in connector/bybit.
 */
import type { Policy } from '../../shared/policy.ts';
import { readAnswer } from '../bybit/rest-envelope.ts';
import { type Ask, type HttpAnswer, priorities, type RestAnswer } from '../rest/request.ts';
import { nobodyAnswered, openPatience, type Patience, type PatiencePorts } from './patience.ts';

export type RestPorts = PatiencePorts & {
  /** One GET. Rejects with an error that says why nobody answered. */
  readonly get: (target: string, signal: AbortSignal) => Promise<HttpAnswer>;
};

export type RestClient = Omit<Patience, 'ask'> & { readonly ask: Ask };

export function openRest(policy: Policy['rest'], ports: RestPorts): RestClient {
  const patience = openPatience(policy, ports);
  return {
    ...patience,
    ask: ({ endpoint, query, subject, once }) => {
      const target = query === '' ? endpoint : `${endpoint}?${query}`;
      return patience.ask<RestAnswer>({ endpoint, priority: priorities[subject], once }, (signal) =>
        ports.get(target, signal).then(readAnswer, nobodyAnswered),
      );
    },
  };
}
