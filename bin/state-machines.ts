/**
 * Prints docs/state-machines.md from the tables that the machines are checked against, so that the page cannot lie.
 *
 *   node bin/towline.mjs bin/state-machines.ts
 */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { bookSyncTable } from '../connector/session/feeds/book-sync.ts';
import { connectionTable } from '../connector/session/sockets/connection.ts';
import { subscriptionTable } from '../connector/session/subscriptions/subscription-table.ts';
import { topicPhaseTable } from '../runner/context/topic-phase.ts';
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
  {
    title: 'Topic',
    file: 'runner/context/topic-phase.ts',
    text: 'One wanted topic as the runner knows it. `/health`, `/ready`, `/ws/health`, metrics, the page and the gate of the strategies read it.',
    table: topicPhaseTable,
  },
  {
    title: 'Connection',
    file: 'connector/session/sockets/connection.ts',
    text: 'One socket to one URL, for ever: giving up is not a state. `lost` is also what we do to a socket that is mute.',
    table: connectionTable,
  },
  {
    title: 'Subscription',
    file: 'connector/session/subscriptions/subscription-table.ts',
    text: 'One topic on one connection. `gone` means that it is forgotten; a refused topic waits in `rejected` and harms no other.',
    table: subscriptionTable,
  },
  {
    title: 'Book sync',
    file: 'connector/session/feeds/book-sync.ts',
    text: 'Whether a stream of book updates is whole. A `broken` book is asked for anew and passes nothing until its snapshot.',
    table: bookSyncTable,
  },
];

/** The whole page. */
export function statePage(): string {
  const head = [
    '# State machines',
    '',
    'Printed by `bin/state-machines.ts` from the tables in the code; a test fails when this page is stale.',
    'In a table, a cell names the states that an event may lead to; `·` means that the event is ignored there, an empty cell that',
    'it can never happen, because our own code guarantees it. Supervisor, topic and connection hold each step against their table while',
    'they run (a breach ends the process); all are held against it by random walks in the tests.',
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
