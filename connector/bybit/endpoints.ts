/**
 * Which URL serves what: one table by environment and category (bybit-v5.md section 1), and the rules of the overrides.
 *
 * Demo trading has no public host of its own: its market data are those of the mainnet stream (bybit-v5.md 1.2). Paper
 * trading listens to mainnet too. The simulated exchange lives on loopback.
 */
import type { Category, Environment } from '../../shared/market.ts';

/** Where the simulated exchange listens unless told otherwise (`npm run exchange`). */
export const SIMULATED_ORIGIN = '127.0.0.1:8765';

const publicHosts: Readonly<Record<Environment, string>> = {
  mainnet: 'wss://stream.bybit.com',
  testnet: 'wss://stream-testnet.bybit.com',
  demo: 'wss://stream.bybit.com',
  paper: 'wss://stream.bybit.com',
  simulated: `ws://${SIMULATED_ORIGIN}`,
};

const restHosts: Readonly<Record<Environment, string>> = {
  mainnet: 'https://api.bybit.com',
  testnet: 'https://api-testnet.bybit.com',
  demo: 'https://api-demo.bybit.com',
  paper: 'https://api.bybit.com',
  simulated: `http://${SIMULATED_ORIGIN}`,
};

/** Overrides as the user wrote them; empty means not set. */
export type UrlOverrides = {
  /** BYBIT_WEBSOCKET_PUBLIC_URL: a URL that ends in a category is that category's, else the category is appended. */
  readonly publicUrl?: string | undefined;
  /** SPOT_WEBSOCKET_URL: only for spot, wins there. */
  readonly spotUrl?: string | undefined;
  readonly restUrl?: string | undefined;
};

const CATEGORY_AT_END = /\/(linear|spot|inverse)\/?$/;

/** The public socket of one category. */
export function publicSocketUrl(
  environment: Environment,
  category: Category,
  overrides: UrlOverrides = {},
): string {
  const standard = `${publicHosts[environment]}/v5/public/${category}`;
  if (category === 'spot' && overrides.spotUrl) return overrides.spotUrl;
  if (!overrides.publicUrl) return standard;
  const named = CATEGORY_AT_END.exec(overrides.publicUrl);
  if (named === null) return `${overrides.publicUrl.replace(/\/+$/, '')}/${category}`;
  return named[1] === category ? overrides.publicUrl : standard;
}

/** The base of REST requests, without a slash at its end. */
export function restBaseUrl(environment: Environment, overrides: UrlOverrides = {}): string {
  return (overrides.restUrl || restHosts[environment]).replace(/\/+$/, '');
}
