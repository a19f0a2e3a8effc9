/**
 * State machines as full tables: state x event -> the states it may lead to, `ignore`, or `never`.
 *
 * The type demands a cell for every pair, so that forgetting one is a compile error. `ignore` is legal and without effect;
 * `never` is only for what our own code guarantees: when it happens the code is wrong, and the process dies. What the
 * exchange or the child could cause is `ignore`. Drivers check each step, random walks test the tables, and
 * docs/state-machines.md is printed from them (the idea is h11's: a picture that is drawn from the table cannot lie).
 */
import { assert } from './errors.ts';

export type Cell<State extends string> = 'ignore' | 'never' | readonly State[];
export type Matrix<State extends string, Event extends string> = {
  readonly [S in State]: { readonly [E in Event]: Cell<State> };
};

/** Throws InvariantError unless the table allows to go from `from` to `to` on `event`. */
export function assertLegal<State extends string, Event extends string>(
  table: Matrix<State, Event>,
  from: State,
  event: Event,
  to: State,
): void {
  const cell: Cell<State> = table[from][event];
  assert(cell !== 'never', `event ${event} can never happen in state ${from}`);
  const targets: readonly State[] = cell === 'ignore' ? [from] : cell;
  assert(targets.includes(to), `event ${event} may not lead from state ${from} to state ${to}`);
}

/** The moves between different states as a Mermaid diagram; events that lead the same way share an arrow. */
export function toMermaid<State extends string, Event extends string>(table: Matrix<State, Event>): string {
  const arrows = new Map<string, string[]>();
  for (const [from, row] of rows(table)) {
    for (const [event, cell] of row) {
      if (typeof cell === 'string') continue;
      for (const to of cell.filter((target) => target !== from)) {
        const arrow = `${from} --> ${to}`;
        arrows.set(arrow, [...(arrows.get(arrow) ?? []), event]);
      }
    }
  }
  const lines = [...arrows].map(([arrow, events]) => `  ${arrow}: ${events.join(', ')}`);
  return ['stateDiagram-v2', ...lines].join('\n');
}

/** The whole table in Markdown: `·` is ignore, an empty cell is never. */
export function toMarkdownTable<State extends string, Event extends string>(
  table: Matrix<State, Event>,
): string {
  const events = rows(table)[0]?.[1].map(([event]) => event) ?? [];
  const body = rows(table).map(
    ([state, row]) => `| **${state}** | ${row.map(([, cell]) => cellText(cell)).join(' | ')} |`,
  );
  return [`| | ${events.join(' | ')} |`, `|---|${'---|'.repeat(events.length)}`, ...body].join('\n');
}

function cellText(cell: Cell<string>): string {
  if (cell === 'ignore') return '·';
  return cell === 'never' ? ' ' : cell.join(', ');
}

function rows<State extends string, Event extends string>(
  table: Matrix<State, Event>,
): readonly (readonly [string, readonly (readonly [string, Cell<string>])[]])[] {
  return Object.entries<Readonly<Record<Event, Cell<State>>>>(table).map(([state, row]) => [
    state,
    Object.entries<Cell<State>>(row),
  ]);
}
