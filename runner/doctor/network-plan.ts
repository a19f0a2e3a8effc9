/**
 * Which addresses the connector will use: what the doctor has to knock at.
 *
 * The URLs are read from the very environment that the child gets, by the rules that the connector follows.
 */
import { type Category, categories, type Environment } from '../../shared/market.ts';
import { publicSocketUrl, restBaseUrl } from '../../shared/settings/bybit-urls.ts';
import { proxyFor } from '../../shared/settings/proxy.ts';

export type NetworkPlan = {
  readonly sockets: readonly { readonly category: Category; readonly url: string }[];
  /** Base of the REST API. */
  readonly rest: string;
  /** Of HTTPS_PROXY, where it applies to the REST address. May hold a password: never show it whole. */
  readonly proxy: string | undefined;
};

type Variables = Readonly<Record<string, string | undefined>>;

/** The plan for a connector of ours in `environment`, for the categories that are watched. */
export function networkPlan(
  environment: Environment,
  watched: readonly Category[],
  env: Variables,
): NetworkPlan {
  const rest = restBaseUrl(environment, env['BYBIT_REST_BASE_URL']);
  const overrides = { publicUrl: env['BYBIT_WEBSOCKET_PUBLIC_URL'], spotUrl: env['SPOT_WEBSOCKET_URL'] };
  const sockets = categories
    .filter((category) => watched.includes(category))
    .map((category) => ({ category, url: publicSocketUrl(environment, category, overrides) }));
  return { sockets, rest, proxy: proxyFor(rest, env) };
}

/** The distinct hosts with their ports, for DNS and TLS. */
export function hostsOf(
  plan: NetworkPlan,
): readonly { readonly host: string; readonly port: number; readonly isTls: boolean }[] {
  const hosts = new Map<string, { readonly host: string; readonly port: number; readonly isTls: boolean }>();
  for (const text of [plan.rest, ...plan.sockets.map((socket) => socket.url)]) {
    const url = new URL(text);
    const isTls = url.protocol === 'https:' || url.protocol === 'wss:';
    hosts.set(url.host, {
      host: url.hostname.replace(/^\[|\]$/g, ''),
      port: Number(url.port) || (isTls ? 443 : 80),
      isTls,
    });
  }
  return [...hosts.values()];
}
