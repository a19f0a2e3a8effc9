/** The tables of the ledger of gaps (ADR 0014). A migration that was released is never changed. */
import { type CreateTableBuilder, type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

export const ledger: Migration = {
  up: async (db: Kysely<unknown>): Promise<void> => {
    await withTopic(
      db.schema.createTable('gaps').addColumn('environment', 'text', (column) => column.notNull()),
    )
      .addColumn('run', 'text', (column) => column.notNull())
      .addColumn('gap_id', 'text', (column) => column.notNull())
      .addColumn('cause', 'text', (column) => column.notNull())
      .addColumn('state', 'text', (column) => column.notNull())
      .addColumn('healed_by', 'text')
      .addColumn('recovered', 'integer')
      .addColumn('missing', 'integer')
      .addColumn('from_id', 'text')
      .addColumn('from_at', 'bigint')
      .addColumn('from_seq', 'bigint')
      .addColumn('to_id', 'text')
      .addColumn('to_at', 'bigint')
      .addColumn('to_seq', 'bigint')
      .addColumn('starts_at', 'bigint', (column) => column.notNull())
      .addColumn('ends_at', 'bigint')
      .addColumn('opened_at', 'bigint', (column) => column.notNull())
      .addColumn('changed_at', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('gaps_key', ['environment', 'run', 'gap_id'])
      .addCheckConstraint('gaps_state', sql`state in ('open', 'healed', 'lost')`)
      .execute();
    await db.schema.createIndex('gaps_opened').on('gaps').columns(['environment', 'opened_at']).execute();
    await db.schema.createIndex('gaps_state').on('gaps').columns(['environment', 'state']).execute();
    await db.schema.createIndex('gaps_ends').on('gaps').columns(['environment', 'ends_at']).execute();
    await withTopic(
      db.schema.createTable('followed').addColumn('environment', 'text', (column) => column.notNull()),
    )
      .addColumn('since', 'bigint', (column) => column.notNull())
      .addColumn('until', 'bigint')
      .addPrimaryKeyConstraint('followed_key', ['environment', 'topic', 'since'])
      .execute();
    await db.schema
      .createTable('places')
      .addColumn('environment', 'text', (column) => column.notNull())
      .addColumn('topic', 'text', (column) => column.notNull())
      .addColumn('id', 'text', (column) => column.notNull())
      .addColumn('at', 'bigint', (column) => column.notNull())
      .addColumn('seq', 'bigint')
      .addPrimaryKeyConstraint('places_key', ['environment', 'topic'])
      .execute();
    await db.schema
      .createTable('alive')
      .addColumn('environment', 'text', (column) => column.primaryKey())
      .addColumn('alive_until', 'bigint', (column) => column.notNull())
      .execute();
  },
};

/** The time of a gap, beside the places of its ends. */
export const ledgerSight: Migration = {
  up: async (db: Kysely<unknown>): Promise<void> => {
    await db.schema.alterTable('gaps').addColumn('unseen_from', 'bigint').execute();
    await db.schema.alterTable('gaps').addColumn('unseen_until', 'bigint').execute();
  },
};

/** A gap of which the line saw in between has several times: JSON, `[[from, until], ...]`, those before the last. */
export const ledgerEarlier: Migration = {
  up: async (db: Kysely<unknown>): Promise<void> => {
    await db.schema.alterTable('gaps').addColumn('unseen_earlier', 'text').execute();
  },
};

function withTopic<C extends string>(table: CreateTableBuilder<string, C>) {
  return table
    .addColumn('topic', 'text', (column) => column.notNull())
    .addColumn('channel', 'text', (column) => column.notNull())
    .addColumn('category', 'text', (column) => column.notNull())
    .addColumn('symbol', 'text', (column) => column.notNull())
    .addColumn('depth', 'integer')
    .addColumn('interval', 'text');
}
