/** The settings of the context as it takes them: seconds become ms, and widths become decimals. */
import { decimalText, shortestDecimal } from '../../shared/exact/decimal.ts';
import type { ContextSettings } from '../context/context-settings.ts';
import { type BinSize, parseBinSize } from '../context/day/bin-size.ts';
import type { Findings } from './raw-settings.ts';
import type { SettingValues } from './settings-table.ts';

type Values = Pick<
  SettingValues,
  'CVD_RESET_SECONDS' | 'LIQUIDATION_BIN_SIZE' | 'LIQUIDATION_MAX_CLUSTERS' | 'PROFILE_TICK_SIZE'
>;

/** A width is said as a problem when it has more digits than prices have. */
export function contextSettings(values: Values, { problems }: Pick<Findings, 'problems'>): ContextSettings {
  const widthOf = (name: 'LIQUIDATION_BIN_SIZE' | 'PROFILE_TICK_SIZE'): BinSize | undefined => {
    const value = values[name];
    if (value === undefined) return undefined;
    const size = parseBinSize(decimalText(shortestDecimal(value)));
    if (size === undefined) problems.push(`${name}: at most 15 digits and 22 decimals can be used.`);
    return size;
  };
  const tick = widthOf('PROFILE_TICK_SIZE');
  return {
    cvdResetMs: values.CVD_RESET_SECONDS * 1_000,
    profileTickSize: tick?.text ?? '',
    liquidationBinSize: widthOf('LIQUIDATION_BIN_SIZE'),
    liquidationMaxClusters: values.LIQUIDATION_MAX_CLUSTERS,
  };
}
