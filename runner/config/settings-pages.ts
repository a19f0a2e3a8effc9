/** .env.example and docs/configuration.md, printed from the table of settings: they cannot say anything else than it does. */
import { type Group, groups, type ReadBy, type Setting } from './setting.ts';
import { type SettingName, settingNames, settingsTable } from './settings-table.ts';

const readers: Readonly<Record<ReadBy, string>> = {
  runner: 'runner',
  connector: 'connector',
  both: 'runner and connector',
  history: '`npm run history`, and what the runner starts for history',
  'history by hand': '`npm run history`',
  'history and backtest': '`npm run history`, what the runner starts for history, and `npm run backtest`',
  'where history is': 'runner, `npm run history` and `npm run backtest`',
  'runner and history': 'runner and `npm run history`',
  later: 'nobody yet (not built)',
};

const groupNotes: Readonly<Record<Group, string>> = {
  source: '',
  'which connector':
    'Strongest first: CONNECTOR_COMMAND, BYBIT_CONNECTOR_CONFIG_FILE, CONNECTOR_PROFILE, BYBIT_CONNECTOR_TESTNET, DATA_SOURCE. Settings that contradict each other stop the start.',
  what: '',
  URLs: 'Empty by default: the profile decides. They reach the connector unchanged.',
  sockets: '',
  account: '',
  history: '',
  'Redis and friends': '',
  context: '',
  process: '',
};

/** The example file: every name, commented out, with its default. */
export function envExample(): string {
  const head = [
    '# towline: every setting. Copy this file to .env and remove the "# " before what you want to change.',
    '# The environment goes before .env. An empty value is the same as no value. What is wrong is told at start, all at once',
    '# (exit code 78). `npm run doctor` checks the rest.',
  ];
  const sections = groups.flatMap((group) => [
    '',
    ...heading(group),
    ...namesOf(group).flatMap(exampleEntry),
  ]);
  return `${[...head, ...sections].join('\n')}\n`;
}

/** The reference page. */
export function configurationPage(): string {
  const head = [
    '# Settings',
    '',
    '<!-- Generated from runner/config/settings-table.ts by `node bin/towline.mjs bin/settings.ts`. Do not edit. -->',
    '',
    'Settings come from the environment; a file `.env` in the folder where a program starts is read too (or the one named by',
    '`--settings`): by the runner, `npm run doctor`, `npm run history`, `npm run backtest`, and the connector that is started by hand. A connector that a',
    'runner started has its settings from the runner alone. The environment goes before the file, and an empty value is the same as no value.',
    '',
    '`npm run history` is a verb of the connector and reads of the settings of the connector what concerns history; `npm run backtest` reads `CATEGORY`, too.',
    'Started by hand they (and `stream`) take the network that `CONNECTOR_PROFILE`, `BYBIT_CONNECTOR_TESTNET` and `DATA_SOURCE` choose, unless `--environment` says another',
    'one; beside a profile file of your own it has to be said.',
    '',
    'Nothing falls back in silence: wrong values, settings that contradict each other, misspelt names and settings of features',
    'that do not exist yet are told in one message, and the runner ends with exit code 78. Secrets are never shown and are handed',
    'to no child process.',
  ];
  const sections = groups.flatMap((group) => [
    '',
    `## ${capitalised(group)}`,
    '',
    ...(groupNotes[group] === '' ? [] : [groupNotes[group], '']),
    '| name | allowed | default | read by | what it does |',
    '|---|---|---|---|---|',
    ...namesOf(group).map(tableRow),
  ]);
  return `${[...head, ...sections].join('\n')}\n`;
}

function heading(group: Group): readonly string[] {
  const note = groupNotes[group];
  return [`# --- ${group} ---`, ...(note === '' ? [] : wrapped(note))];
}

function exampleEntry(name: SettingName): readonly string[] {
  const row = settingsTable[name];
  const facts = [`allowed: ${allowed(row)}`, `read by: ${readers[row.readBy]}`];
  if (row.secret === true) facts.push('secret');
  return ['', ...wrapped(row.does), ...wrapped(`(${facts.join('; ')})`), `# ${name}=${row.default ?? ''}`];
}

function tableRow(name: SettingName): string {
  const row = settingsTable[name];
  const notes = [row.does, row.secret === true ? 'Secret.' : '', notBuiltNote(row)].filter(
    (note) => note !== '',
  );
  const value = row.default === undefined ? 'not set' : `\`${row.default}\``;
  return `| \`${name}\` | ${escaped(allowed(row))} | ${value} | ${readers[row.readBy]} | ${escaped(notes.join(' '))} |`;
}

function notBuiltNote(row: Setting): string {
  if (row.notBuilt === undefined) return '';
  return row.notBuilt.whenSet === 'refuse'
    ? 'Not built yet: switching it on is refused.'
    : 'Not built yet: setting it is warned about.';
}

function allowed(row: Setting): string {
  return row.unit === undefined ? row.value.allowed : `${row.value.allowed}; ${row.unit}`;
}

function namesOf(group: Group): readonly SettingName[] {
  return settingNames.filter((name) => settingsTable[name].group === group);
}

function escaped(text: string): string {
  return text.replaceAll('|', '\\|');
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

const LINE_LENGTH = 118;

/** Comment lines of at most LINE_LENGTH characters. */
function wrapped(text: string): readonly string[] {
  const lines: string[] = [];
  let line = '#';
  for (const word of text.split(' ')) {
    if (line.length + word.length + 1 > LINE_LENGTH && line !== '#') {
      lines.push(line);
      line = '#';
    }
    line += ` ${word}`;
  }
  return [...lines, line];
}
