/**
 * Which URL serves what, by environment and category (bybit-v5.md section 1), and what the overrides of DESIGN 7.4 do to it.
 *
 * The connector opens these, the doctor knocks at them, the settings check warns of them: one rule for the three.
 */
import { type Category, categories, type Environment } from '../market.ts';

/**
 * Where each environment lives when no URL is overridden. Demo trading has no public host of its own: its market data are
 * those of the mainnet stream (bybit-v5.md 1.2). Paper trading listens to mainnet too, the simulated exchange is on loopback.
 */
const standardOrigins: Readonly<Record<Environment, { readonly socket: string; readonly rest: string }>> = {
  mainnet: { socket: 'wss://stream.bybit.com', rest: 'https://api.bybit.com' },
  testnet: { socket: 'wss://stream-testnet.bybit.com', rest: 'https://api-testnet.bybit.com' },
  demo: { socket: 'wss://stream.bybit.com', rest: 'https://api-demo.bybit.com' },
  paper: { socket: 'wss://stream.bybit.com', rest: 'https://api.bybit.com' },
  simulated: { socket: 'ws://127.0.0.1:8765', rest: 'http://127.0.0.1:8765' },
};

/** Overrides of the public sockets as the user wrote them, already checked to be URLs; empty means not set. */
export type SocketOverrides = {
  /** BYBIT_WEBSOCKET_PUBLIC_URL: a URL whose path ends in a category is that category's, else the category is appended. */
  readonly publicUrl?: string | undefined;
  /** SPOT_WEBSOCKET_URL: only for spot, wins there. */
  readonly spotUrl?: string | undefined;
};

/** The public socket of one category. Throws a TypeError when the public override is no URL. */
export function publicSocketUrl(
  environment: Environment,
  category: Category,
  overrides: SocketOverrides = {},
): string {
  if (category === 'spot' && overrides.spotUrl) return overrides.spotUrl;
  const standard = `${standardOrigins[environment].socket}/v5/public/${category}`;
  if (!overrides.publicUrl) return standard;
  const url = new URL(overrides.publicUrl);
  const only = categoryAtEnd(url);
  if (only !== undefined) return only === category ? overrides.publicUrl : standard;
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/${category}`;
  return url.href;
}

/** The category that a URL's path ends in: such a URL serves that category alone. */
export function categoryAtEnd(url: URL): Category | undefined {
  const last = url.pathname.replace(/\/+$/, '').split('/').at(-1);
  return categories.find((category) => category === last);
}

/** The base of REST requests, without a slash at its end. `override` is BYBIT_REST_BASE_URL; empty means not set. */
export function restBaseUrl(environment: Environment, override?: string): string {
  return (override || standardOrigins[environment].rest).replace(/\/+$/, '');
}
