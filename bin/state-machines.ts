/**
 * Prints docs/state-machines.md from the tables that the machines are checked against, so that the page cannot lie.
 *
 *   node bin/towline.mjs bin/state-machines.ts
 */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { supervisorTable } from '../runner/supervisor/states.ts';
import { type Matrix, toMarkdownTable, toMermaid } from '../shared/state-table.ts';

/** Where the page is. */
export const pagePath = path.join(import.meta.dirname, '../docs/state-machines.md');

type Machine = {
  readonly title: string;
  readonly file: string;
  readonly text: string;
  readonly table: Matrix<string, string>;
};

const machines: readonly Machine[] = [
  {
    title: 'Supervisor',
    file: 'runner/supervisor/states.ts',
    text: 'Keeps one child alive. `exited` also covers a child that could not be spawned.',
    table: supervisorTable,
  },
];

/** The whole page. */
export function statePage(): string {
  const head = [
    '# State machines',
    '',
    'Printed by `bin/state-machines.ts` from the tables in the code; a test fails when this page is stale.',
    'In a table, a cell names the states that an event may lead to; `·` means that the event is ignored there, an empty cell that',
    'it can never happen (our own code guarantees it; the process ends when it does).',
    '',
  ];
  return [...head, ...machines.flatMap(section)].join('\n');
}

function section({ title, file, text, table }: Machine): readonly string[] {
  const source = `Table: [\`${file}\`](../${file})`;
  return [
    `## ${title}`,
    '',
    text,
    source,
    '',
    '```mermaid',
    toMermaid(table),
    '```',
    '',
    toMarkdownTable(table),
    '',
  ];
}

if (process.argv[1] === import.meta.filename) writeFileSync(pagePath, statePage());
