/**
 * Do the overridden URLs belong to the network that the profile names?
 *
 * Prices of the testnet in a mainnet context cost money without a single error message, so a Bybit host of another network
 * stops the start. Any other host (a proxy, a test server, the simulated exchange) is taken as it is.
 */
import type { Category, Environment } from '../../shared/market.ts';
import { networkOfHost, networksFor, type UrlPurpose } from '../../shared/settings/bybit-hosts.ts';
import { categoryAtEnd } from '../../shared/settings/bybit-urls.ts';
import type { ChosenConnector } from './connector-choice.ts';
import { type Findings, quoted, type RawSettings } from './raw-settings.ts';
import type { SettingValues } from './settings-table.ts';

const urlNames = [
  ['BYBIT_WEBSOCKET_PUBLIC_URL', 'public'],
  ['SPOT_WEBSOCKET_URL', 'public'],
  ['BYBIT_WEBSOCKET_URL', 'private'],
  ['BYBIT_WEBSOCKET_TRADE_URL', 'trade'],
  ['BYBIT_REST_BASE_URL', 'rest'],
  ['BYBIT_ARCHIVE_BASE_URL', 'archive'],
] as const satisfies readonly (readonly [keyof SettingValues, UrlPurpose])[];

export function checkUrls(
  values: SettingValues,
  raw: RawSettings,
  connector: ChosenConnector,
  markets: readonly Category[],
  findings: Findings,
): void {
  for (const [name, purpose] of urlNames) {
    const value = values[name];
    if (value === undefined || connector.environment === undefined) continue;
    const reason = wrongNetwork(value.hostname, connector.environment, purpose);
    if (reason !== undefined) {
      findings.problems.push(
        `${quoted(name, raw[name])} ${reason}. Correct it, remove it, or choose another profile.`,
      );
    }
  }
  checkCategories(values, raw, markets, findings);
}

function wrongNetwork(host: string, environment: Environment, purpose: UrlPurpose): string | undefined {
  const network = networkOfHost(host);
  const allowed = networksFor(environment, purpose);
  if (network === undefined || allowed.includes(network)) return undefined;
  const wanted = allowed.length === 0 ? 'no host of Bybit' : `a host of ${allowed.join(' or ')}`;
  return `is a host of Bybit's ${network}, but the profile is ${environment}, which needs ${wanted} there`;
}

/** A public URL that ends in a category serves that category alone: the others keep their standard host. Say so. */
function checkCategories(
  values: SettingValues,
  raw: RawSettings,
  markets: readonly Category[],
  findings: Findings,
): void {
  const name = 'BYBIT_WEBSOCKET_PUBLIC_URL';
  const only = values[name] === undefined ? undefined : categoryAtEnd(values[name]);
  const spot = values.SPOT_WEBSOCKET_URL;
  if (spot !== undefined && categoryAtEnd(spot) !== undefined && categoryAtEnd(spot) !== 'spot') {
    findings.problems.push(
      `${quoted('SPOT_WEBSOCKET_URL', raw.SPOT_WEBSOCKET_URL)} ends in another category than spot. Correct it.`,
    );
  }
  if (only === 'spot' && spot !== undefined && spot.href !== values[name]?.href) {
    findings.problems.push(
      `${quoted(name, raw[name])} and ${quoted('SPOT_WEBSOCKET_URL', raw.SPOT_WEBSOCKET_URL)} name two addresses for spot: keep one of them.`,
    );
  }
  const others = new Set(markets.filter((category) => category !== only));
  if (only !== undefined && others.size > 0) {
    findings.warnings.push(
      `${quoted(name, raw[name])} is for ${only} alone: ${[...others].join(' and ')} stay with the standard address.`,
    );
  }
}
