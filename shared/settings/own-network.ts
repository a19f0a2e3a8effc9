/**
 * The network that the settings of the runner name, for programs that are started by hand beside it: what one fetches the other
 * should find. Strongest first, as there: CONNECTOR_PROFILE, BYBIT_CONNECTOR_TESTNET, DATA_SOURCE=hft_connector.
 *
 * A profile file (BYBIT_CONNECTOR_CONFIG_FILE) is the runner's alone: beside it the network is named with --environment.
 */
import type { Environment } from '../market.ts';
import { cited, oneOf, yesOrNo } from './words.ts';

const profiles = ['mainnet', 'testnet', 'demo', 'simulated', 'paper', 'replay'] as const;

/** Undefined when nothing is said of it. Problems are sentences. */
export function networkOfSettings(
  env: Readonly<Record<string, string | undefined>>,
  problems: string[],
): Environment | undefined {
  const said = (name: string): { readonly name: string; readonly text: string } => ({
    name,
    text: env[name]?.trim() ?? '',
  });
  const [chosen, flag, source] = [
    said('CONNECTOR_PROFILE'),
    said('BYBIT_CONNECTOR_TESTNET'),
    said('DATA_SOURCE'),
  ];
  const type = oneOf(profiles);
  const profile = chosen.text === '' ? undefined : type.read(chosen.text);
  if (chosen.text !== '' && profile === undefined)
    problems.push(`${cited(chosen)} is not allowed: it must be ${type.allowed}`);
  // Whoever takes its word tells it when it is none.
  const isTestnet = yesOrNo.read(flag.text);
  const isSimulated = source.text.toLowerCase() === 'hft_connector';
  const network = profile === 'paper' || profile === 'replay' ? undefined : profile;
  if (network === undefined) return isTestnet === true ? 'testnet' : isSimulated ? 'simulated' : undefined;
  if (isTestnet !== undefined && isTestnet !== (network === 'testnet'))
    problems.push(`${cited(chosen)}, but ${cited(flag)} says otherwise: remove one of them`);
  if (isSimulated && network !== 'simulated')
    problems.push(`${cited(chosen)}, but ${cited(source)} means the simulated exchange: remove one of them`);
  return network;
}
