/**
 * Texts to values: gathers each setting from the environment, .env and its default, and parses it by the table.
 *
 * The environment goes before .env. An empty text is "not set". A value that cannot be parsed becomes a problem and counts
 * as its default from there on, so that one mistake is told once and the rest is still checked.
 */
import { cited } from '../../shared/settings/words.ts';
import type { Setting } from './setting.ts';
import { type SettingName, type SettingValues, settingNames, settingsTable } from './settings-table.ts';

export type Variables = Readonly<Record<string, string | undefined>>;
export type Source = 'environment' | '.env' | 'default';

/** What was said about one setting, before parsing. `text` is undefined when there is neither a value nor a default. */
export type RawSetting = { readonly text: string | undefined; readonly source: Source };
export type RawSettings = Readonly<Record<SettingName, RawSetting>>;

/** Collects findings while the configuration is read; all of them are shown together. */
export type Findings = { readonly problems: string[]; readonly warnings: string[] };

/** Who said what: the environment over .env over the default. */
export function gatherSettings(env: Variables, envFile: Variables): RawSettings {
  const raw = {} as Record<SettingName, RawSetting>;
  for (const name of settingNames) {
    const fromEnvironment = env[name]?.trim();
    const fromFile = envFile[name]?.trim();
    if (fromEnvironment) raw[name] = { text: fromEnvironment, source: 'environment' };
    else if (fromFile) raw[name] = { text: fromFile, source: '.env' };
    else raw[name] = { text: settingsTable[name].default, source: 'default' };
  }
  return raw;
}

/** Parses all settings by their types. */
export function parseValues(raw: RawSettings, findings: Findings): SettingValues {
  const values: Record<string, unknown> = {};
  for (const name of settingNames) {
    const { text, source } = raw[name];
    const row = settingsTable[name];
    if (text === undefined) continue;
    const parsed = row.value.schema.safeParse(text);
    if (parsed.success) values[name] = parsed.data;
    else {
      findings.problems.push(badValue(name, row, raw[name]));
      if (source !== 'default' && row.default !== undefined)
        values[name] = row.value.schema.parse(row.default);
    }
    if (parsed.success && source !== 'default') checkBuilt(name, row, raw[name], findings);
  }
  // The table's own type says which value belongs to which name; the loop above fills exactly these.
  return values as SettingValues;
}

/** How a value is quoted in a message: never a secret's. */
export function quoted(name: SettingName, raw: RawSetting): string {
  if (settingsTable[name].secret === true) return `${name} (its value is not shown)`;
  return cited({ name, text: raw.text ?? '' });
}

function badValue(name: SettingName, row: Setting, raw: RawSetting): string {
  const place = raw.source === 'environment' ? 'the environment' : '.env';
  const otherwise = row.default === undefined ? 'remove it' : `remove it (default ${row.default})`;
  return `${quoted(name, raw)} is not allowed: it must be ${row.value.allowed}. Correct it in ${place} or ${otherwise}.`;
}

function checkBuilt(name: SettingName, row: Setting, raw: RawSetting, findings: Findings): void {
  const { notBuilt } = row;
  if (notBuilt === undefined || notBuilt.harmless?.includes((raw.text ?? '').toLowerCase())) return;
  if (notBuilt.whenSet === 'refuse') {
    findings.problems.push(
      `${quoted(name, raw)}: ${notBuilt.feature} is not built yet in this version: unset it.`,
    );
  } else if (row.secret === true) {
    findings.warnings.push(
      `${name} is set but not used yet (${notBuilt.feature} is not built): it is handed to no child.`,
    );
  } else if (raw.text !== row.default) {
    findings.warnings.push(
      `${quoted(name, raw)} has no effect yet: ${notBuilt.feature} is not built in this version.`,
    );
  }
}
