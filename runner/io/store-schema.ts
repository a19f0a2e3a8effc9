/**
 * The tables of DATA_DIR/towline.db and how they came about: ids are text, times bigint milliseconds, booleans 0 or 1, so
 * that the same migrations run on PostgreSQL.
 */
import { type Kysely, sql } from 'kysely';
import type { Migration, MigrationProvider } from 'kysely/migration';
import type { GapEvent } from '../../shared/events/process-events.ts';
import type { Topic } from '../../shared/market.ts';
import { ledger, ledgerEarlier, ledgerSight } from './store-schema-ledger.ts';

export type DeathRow = {
  readonly id: string;
  /** Which child: the name of its spec. */
  readonly name: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly generation: number;
  readonly pid: number | null;
  readonly uptime_ms: number;
  readonly cause: string;
  readonly permanent: 0 | 1;
  readonly code: number | null;
  readonly signal: string | null;
  readonly message: string;
};

/** A topic as columns; `topic` is its key. */
export type TopicColumns = Pick<Topic, 'channel' | 'category' | 'symbol'> & {
  readonly topic: string;
  readonly depth: NonNullable<Topic['depth']> | null;
  readonly interval: NonNullable<Topic['interval']> | null;
};

export type GapRow = TopicColumns & {
  readonly environment: string;
  /** In which run of the runner it was opened: a foreign connector may use the same id in another. */
  readonly run: string;
  readonly gap_id: string;
  readonly cause: GapEvent['cause'];
  readonly state: GapEvent['state'];
  readonly healed_by: NonNullable<GapEvent['healed_by']> | null;
  readonly recovered: number | null;
  readonly missing: number | null;
  readonly from_id: string | null;
  readonly from_at: number | null;
  readonly from_seq: number | null;
  readonly to_id: string | null;
  readonly to_at: number | null;
  readonly to_seq: number | null;
  /** The span in time as far as it is known; `ends_at` is null while it goes on. */
  readonly starts_at: number;
  readonly ends_at: number | null;
  readonly opened_at: number;
  readonly changed_at: number;
  /** From when on the line could not see, and until when; null while that is not known. */
  readonly unseen_from: number | null;
  readonly unseen_until: number | null;
  /** JSON; null where there is only the one time. */
  readonly unseen_earlier: string | null;
};

export type StoreTables = {
  readonly deaths: DeathRow;
  readonly gaps: GapRow;
  readonly followed: TopicColumns & {
    readonly environment: string;
    readonly since: number;
    readonly until: number | null;
  };
  readonly places: {
    readonly environment: string;
    readonly topic: string;
    readonly id: string;
    readonly at: number;
    readonly seq: number | null;
  };
  readonly alive: { readonly environment: string; readonly alive_until: number };
};

/** In the order of their names. A migration that was released is never changed. */
export const storeMigrations: MigrationProvider = {
  getMigrations: () =>
    Promise.resolve({
      '001_deaths': deaths,
      '002_ledger': ledger,
      '003_ledger_sight': ledgerSight,
      '004_ledger_earlier': ledgerEarlier,
    }),
};

const deaths: Migration = {
  up: async (db: Kysely<unknown>): Promise<void> => {
    await db.schema
      .createTable('deaths')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('name', 'text', (column) => column.notNull())
      .addColumn('at', 'bigint', (column) => column.notNull())
      .addColumn('generation', 'integer', (column) => column.notNull())
      .addColumn('pid', 'integer')
      .addColumn('uptime_ms', 'bigint', (column) => column.notNull())
      .addColumn('cause', 'text', (column) => column.notNull())
      .addColumn('permanent', 'integer', (column) => column.notNull())
      .addColumn('code', 'integer')
      .addColumn('signal', 'text')
      .addColumn('message', 'text', (column) => column.notNull())
      .addCheckConstraint('deaths_permanent_is_boolean', sql`permanent in (0, 1)`)
      .execute();
    await db.schema.createIndex('deaths_at').on('deaths').column('at').execute();
  },
};
