/**
 * Prints docs/schema from the zod schemas that check the lines themselves: `npm run schema`.
 *
 * One JSON Schema (draft 7, which validators of every language know) for each type of event, one for all commands, and
 * index.json for any line on stdout. They describe the strict form, which our own connector writes; what the runner
 * tolerates besides is in docs/stdio-protocol.md. Fields that a schema does not name are allowed: readers ignore them.
 */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { commandSchema } from '../shared/commands.ts';
import { dayTotalsSchema } from '../shared/day-totals.ts';
import { eventSchemas } from '../shared/events/event.ts';
import { historyEventSchemas } from '../shared/events/history-events.ts';
import { levelsSchema } from '../shared/events/market-events.ts';
import { historyRequestSchema, rowsRequestSchema } from '../shared/history-request.ts';
import { commandLine } from './command-line.ts';

/** Where the files are. */
export const schemaFolder = path.join(import.meta.dirname, '../docs/schema');

/** A list of [price > 0, quantity >= 0]: checked by a function, of which zod cannot know what it accepts. */
const levels = {
  type: 'array',
  maxItems: 2_000,
  items: {
    type: 'array',
    items: [
      { type: 'number', exclusiveMinimum: 0 },
      { type: 'number', minimum: 0 },
    ],
    minItems: 2,
    maxItems: 2,
  },
  description: 'Pairs of price and quantity; in a delta a quantity of 0 removes the level',
};

/** Bins of a day's totals: checked by a function likewise. */
const bins = {
  type: 'array',
  items: {
    type: 'array',
    items: [{ type: 'integer', minimum: 0 }, { type: 'string' }, { type: 'string' }],
    minItems: 3,
    maxItems: 3,
  },
  description: 'Index, buy volume, sell volume; ascending by index',
};

/** File name to text, all of docs/schema. */
export function schemaFiles(): ReadonlyMap<string, string> {
  const types = Object.keys(eventSchemas);
  const files = new Map<string, string>();
  for (const [type, schema] of Object.entries(eventSchemas))
    files.set(`${type}.json`, textOf(`The event "${type}", a line on stdout`, jsonSchemaOf(schema)));
  for (const [type, schema] of Object.entries(historyEventSchemas))
    files.set(
      `${type}.json`,
      textOf(`The event "${type}", a line on stdout of a history child`, jsonSchemaOf(schema)),
    );
  files.set(
    'history-request.json',
    textOf('The request of a history child, a line on its stdin', jsonSchemaOf(historyRequestSchema)),
  );
  files.set(
    'rows-request.json',
    textOf(
      'The request for stored trades, a line on stdin of a history child',
      jsonSchemaOf(rowsRequestSchema),
    ),
  );
  files.set('commands.json', textOf('A command, a line on stdin', jsonSchemaOf(commandSchema)));
  const anyOfThem = {
    $schema: 'http://json-schema.org/draft-07/schema#',
    oneOf: types.map((type) => ({ $ref: `${type}.json` })),
  };
  files.set('index.json', textOf('Any event, a line on stdout', anyOfThem));
  return files;
}

function jsonSchemaOf(schema: z.ZodType): object {
  return z.toJSONSchema(schema, {
    target: 'draft-7',
    io: 'input',
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => {
      // The cast only tells the compiler that two schemas may be compared.
      if ((zodSchema as unknown) === levelsSchema) Object.assign(jsonSchema, levels);
      if ((zodSchema as unknown) === dayTotalsSchema.shape.bins) Object.assign(jsonSchema, bins);
    },
  });
}

function textOf(title: string, schema: object): string {
  const { $schema, ...rest } = schema as { readonly $schema?: string };
  return `${JSON.stringify({ $schema, title, ...rest }, null, 2)}\n`;
}

/** Writes all files and removes those of types that are no more. */
function writeFiles(): void {
  const files = schemaFiles();
  mkdirSync(schemaFolder, { recursive: true });
  for (const name of readdirSync(schemaFolder)) if (!files.has(name)) rmSync(path.join(schemaFolder, name));
  for (const [name, text] of files) writeFileSync(path.join(schemaFolder, name), text);
}

if (process.argv[1] === import.meta.filename) {
  const name = 'npm run schema';
  const help = `Usage: ${name}\n\nWrites docs/schema anew: one JSON Schema for each type of line, from the code that checks the lines.\n`;
  commandLine({ name, help, options: {} });
  writeFiles();
}
