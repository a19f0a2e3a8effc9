/**
 * Which host belongs to which of Bybit's networks, so that a URL of the wrong one is refused before money meets it.
 *
 * Only host names, no dialect: the settings check (runner) and the doctor need them as much as the connector. The lists are
 * from bybit-v5.md section 1; the regional hosts (.eu, .tr, .kz ...) serve mainnet accounts of their country.
 */
import type { Environment } from '../market.ts';

/** One of Bybit's separate worlds: accounts, keys and prices of one mean nothing in another. */
export type BybitNetwork = 'mainnet' | 'testnet' | 'demo';

/** Domains that Bybit owns. The network is told by the first label of the host (`stream-testnet`, `api-demo`). */
const bybitDomains = [
  'bybit.com',
  'bytick.com',
  'bybit.nl',
  'bybit.tr',
  'bybit.kz',
  'bybit.ae',
  'bybit.eu',
  'bybit.id',
  'bybitgeorgia.ge',
  'manepa.jp',
  'spark-fintech.com',
  'bycsi.com',
];

/** The network of a host; undefined when it is not Bybit's (a proxy, a test server). Takes any case. */
export function networkOfHost(host: string): BybitNetwork | undefined {
  const name = host.toLowerCase().replace(/\.$/, '');
  if (!bybitDomains.some((domain) => name === domain || name.endsWith(`.${domain}`))) return undefined;
  const labels = name.split('.');
  if (labels.some((label) => /(^|-)testnet$/.test(label))) return 'testnet';
  if (labels.some((label) => /(^|-)demo$/.test(label))) return 'demo';
  return 'mainnet';
}

/** What a URL is for: demo trading has accounts and REST of its own, but takes its public data from mainnet. */
export type UrlPurpose = 'public' | 'private' | 'trade' | 'rest' | 'archive';

/** The networks whose hosts may serve `purpose` in an environment. Empty: none of Bybit's hosts fits. */
export function networksFor(environment: Environment, purpose: UrlPurpose): readonly BybitNetwork[] {
  switch (environment) {
    case 'mainnet':
      return ['mainnet'];
    case 'testnet':
      return ['testnet'];
    case 'demo':
      return purpose === 'public' || purpose === 'archive' ? ['mainnet'] : ['demo'];
    case 'paper':
      return purpose === 'private' || purpose === 'trade' ? [] : ['mainnet'];
    case 'simulated':
      return [];
  }
}
