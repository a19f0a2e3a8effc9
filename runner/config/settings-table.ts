/**
 * All settings by name: the one table that the parser, .env.example and docs/configuration.md are made from.
 *
 * A name that is not here is unknown, and a name that is here but whose feature is missing is refused or warned about:
 * what is accepted is what works.
 */
import type { Setting } from './setting.ts';
import { accountSettings, historySettings } from './table/account-settings.ts';
import { connectorSettings } from './table/connector-settings.ts';
import { processSettings } from './table/process-settings.ts';
import { recordingSettings } from './table/recording-settings.ts';
import { contextSettings, serviceSettings } from './table/service-settings.ts';

const typedTable = {
  ...connectorSettings,
  ...accountSettings,
  ...historySettings,
  ...recordingSettings,
  ...serviceSettings,
  ...contextSettings,
  ...processSettings,
};

export type SettingName = keyof typeof typedTable;

/** The value of each setting after parsing: undefined only where there is no default. */
export type SettingValues = {
  readonly [K in SettingName]: (typeof typedTable)[K] extends Setting<infer T, infer D>
    ? D extends string
      ? T
      : T | undefined
    : never;
};

export const settingsTable: Readonly<Record<SettingName, Setting>> = typedTable;

export const settingNames = Object.keys(typedTable) as readonly SettingName[];

/** Names whose values are never shown and never handed to a child, HTTPS_PROXY excepted: the child needs it. */
export const secretNames: readonly SettingName[] = settingNames.filter(
  (name) => settingsTable[name].secret === true,
);

export function isSettingName(name: string): name is SettingName {
  return Object.hasOwn(settingsTable, name);
}
