/** The exchange's REST interface as a port, for the programs that ask it: addresses, proxy and log put together. */

import { scopeOf } from '../../shared/bans.ts';
import { systemRandom } from '../../shared/io/clock.ts';
import type { Logger } from '../../shared/io/log.ts';
import type { Policy } from '../../shared/policy.ts';
import { proxyFor } from '../../shared/settings/proxy.ts';
import { withoutLogin } from '../../shared/settings/words.ts';
import type { Clock } from '../../shared/time.ts';
import { marketRest } from '../bybit/rest-market.ts';
import { Gate } from '../rest/gate.ts';
import type { MarketRest } from '../rest/market-rest.ts';
import { Reach } from '../rest/reach.ts';
import type { Ask } from '../rest/request.ts';
import { type BanFile, noBanFile } from './ban-file.ts';
import { openRest } from './rest.ts';
import { type HttpGet, openHttp } from './rest-http.ts';

export type RestPort = { readonly rest: MarketRest; readonly close: () => Promise<void> };

export type RestPortOptions = {
  readonly baseUrl: string;
  readonly policy: Policy['rest'];
  readonly clock: Clock;
  readonly env: NodeJS.ProcessEnv;
  readonly log: Logger;
  /** Stands between the client and the requests that are sent, to see them. */
  readonly watch?: ((get: HttpGet['get']) => HttpGet['get']) | undefined;
  /** Shut-outs that other programs were told of; without it this one knows its own. */
  readonly bans?: BanFile;
};

export function openRestPort(options: RestPortOptions): RestPort {
  const { baseUrl, policy, clock, env, log, watch, bans = noBanFile } = options;
  const proxyUrl = proxyFor(baseUrl, env);
  const http = openHttp({
    baseUrl,
    proxyUrl,
    connections: policy.concurrency,
    timeoutMs: policy.timeoutMs,
    maxBodyBytes: policy.maxBodyBytes,
    clock,
  });
  const gate = new Gate(policy, systemRandom, bans.of(scopeOf('rest', baseUrl, proxyUrl)));
  const client = openRest(policy, { clock, random: systemRandom, gate, get: watch?.(http.get) ?? http.get });
  const reach = new Reach();
  const url = withoutLogin(baseUrl);
  let isClosed = false;
  const ask: Ask = async (request) => {
    const answer = await client.ask(request);
    const change = isClosed ? undefined : reach.noted(answer);
    if (change?.kind === 'lost')
      log.warn(
        { event: 'rest_unreachable', code: change.failure.code, url },
        `${change.failure.message}; the stream goes on without it, and this is told once`,
      );
    else if (change?.kind === 'back') log.info({ event: 'rest_reachable', url }, 'answers again');
    return answer;
  };
  return {
    rest: marketRest(ask, policy),
    close: async () => {
      isClosed = true;
      client.close();
      await http.close();
    },
  };
}
