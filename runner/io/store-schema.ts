/**
 * The tables of DATA_DIR/towline.db and how they came about: ids are text, times bigint milliseconds, booleans 0 or 1, so
 * that the same migrations run on PostgreSQL.
 */
import { type Kysely, sql } from 'kysely';
import type { Migration, MigrationProvider } from 'kysely/migration';

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

export type StoreTables = { readonly deaths: DeathRow };

/** In the order of their names. A migration that was released is never changed. */
export const storeMigrations: MigrationProvider = {
  getMigrations: () => Promise.resolve({ '001_deaths': deaths }),
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
