/**
 * DuckDB, with bounded memory and threads, and a folder of its own for what does not fit.
 *
 * The only file that knows its interface. Only the history child loads it: a query takes all the processor it is given.
 */
import {
  type DuckDBConnection,
  type DuckDBDataChunk,
  DuckDBInstance,
  type DuckDBValue,
} from '@duckdb/node-api';
import { InvariantError } from '../../../shared/errors.ts';

export type DatabaseOptions = {
  readonly threads: number;
  /** Of the database's buffers. What is larger goes to `tempFolder`; the process takes some 200 MB more. */
  readonly memoryMb: number;
  readonly tempFolder: string;
};

/** One row by the names of its columns. */
export class Row {
  readonly #values: Readonly<Record<string, DuckDBValue>>;

  constructor(values: Readonly<Record<string, DuckDBValue>>) {
    this.#values = values;
  }

  number(name: string): number {
    const value = this.#values[name];
    if (typeof value === 'number') return value;
    if (typeof value === 'bigint' && value >= -MAX_SAFE && value <= MAX_SAFE) return Number(value);
    return wrong(name, value, 'a number');
  }

  numberOrNull(name: string): number | null {
    return this.#values[name] === null ? null : this.number(name);
  }

  bigint(name: string): bigint {
    const value = this.#values[name];
    return typeof value === 'bigint' ? value : wrong(name, value, 'an integer');
  }

  text(name: string): string {
    const value = this.#values[name];
    return typeof value === 'string' ? value : wrong(name, value, 'a text');
  }

  boolean(name: string): boolean {
    const value = this.#values[name];
    return typeof value === 'boolean' ? value : wrong(name, value, 'true or false');
  }
}

const MAX_SAFE = BigInt(Number.MAX_SAFE_INTEGER);

function wrong(name: string, value: unknown, what: string): never {
  throw new InvariantError(`column ${name} of a query of ours is ${String(value)}, not ${what}`);
}

export class Database {
  readonly #instance: DuckDBInstance;
  readonly #connection: DuckDBConnection;

  private constructor(instance: DuckDBInstance, connection: DuckDBConnection) {
    this.#instance = instance;
    this.#connection = connection;
  }

  static async open({ threads, memoryMb, tempFolder }: DatabaseOptions): Promise<Database> {
    const instance = await DuckDBInstance.create(':memory:', {
      threads: String(threads),
      memory_limit: `${memoryMb}MB`,
      temp_directory: tempFolder,
      preserve_insertion_order: 'true',
      // Seen: it took a file that had just been replaced by one of the same length for the one that it knew.
      enable_external_file_cache: 'false',
      // Nothing is fetched from anywhere.
      autoinstall_known_extensions: 'false',
      autoload_known_extensions: 'false',
    });
    return new Database(instance, await instance.connect());
  }

  async run(sql: string): Promise<void> {
    await this.#connection.run(sql);
  }

  async rows(sql: string): Promise<readonly Row[]> {
    const result = await this.#connection.runAndReadAll(sql);
    return result.getRowObjects().map((values) => new Row(values));
  }

  /** The first row; a query of ours that must have one. */
  async one(sql: string): Promise<Row> {
    const [row] = await this.rows(sql);
    return row ?? wrong('of any name', undefined, 'there');
  }

  /** All rows as columns, for few of them. Sees the temporary tables that `run` has made. */
  async columns(sql: string): Promise<readonly DuckDBDataChunk[]> {
    const result = await this.#connection.run(sql);
    return result.fetchAllChunks();
  }

  /** The rows as columns, some 2,000 at a time, read as they are asked for. A connection of its own, so that several can be read. */
  async *chunks(sql: string): AsyncGenerator<DuckDBDataChunk, void, void> {
    const connection = await this.#instance.connect();
    try {
      const result = await connection.stream(sql);
      for (;;) {
        const chunk = await result.fetchChunk();
        if (chunk === null || chunk.rowCount === 0) return;
        yield chunk;
      }
    } finally {
      connection.closeSync();
    }
  }

  /** Ends what is running, which then throws. */
  interrupt(): void {
    this.#connection.interrupt();
  }

  close(): void {
    this.#connection.closeSync();
    this.#instance.closeSync();
  }
}
