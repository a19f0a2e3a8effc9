/** Puts results into docs/performance.md, each between two marks of its own, with where and how they were measured. */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { root } from './processes.ts';

/** The marks in the page. */
const sections = {
  ingest: {
    begin: '<!-- results: written by `npm run bench -- --write`, do not edit -->',
    end: '<!-- end of results -->',
  },
  width: {
    begin: '<!-- width: written by `npm run bench:width -- --write`, do not edit -->',
    end: '<!-- end of width -->',
  },
  soak: {
    begin: '<!-- soak: written by `npm run soak -- --write`, do not edit -->',
    end: '<!-- end of soak -->',
  },
  history: {
    begin: '<!-- history: written by `npm run bench:history -- --write`, do not edit -->',
    end: '<!-- end of history -->',
  },
  backfill: {
    begin: '<!-- backfill: written by `npm run bench:backfill -- --write`, do not edit -->',
    end: '<!-- end of backfill -->',
  },
} as const;

const page = path.join(root, 'docs', 'performance.md');

/** `how` says how long and how often was measured: the end of a sentence. */
export function writeResults(section: keyof typeof sections, text: string, how: string): void {
  const { begin, end } = sections[section];
  const before = readFileSync(page, 'utf8');
  const from = before.indexOf(begin);
  const to = before.indexOf(end);
  if (from === -1 || to === -1)
    throw new Error(`the marks of the results (${section}) are missing in ${page}`);
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], {
    cwd: root,
    encoding: 'utf8',
  }).trim();
  const day = new Date().toISOString().slice(0, 10);
  const where = `Measured on ${day} at commit ${commit}: ${availableParallelism()} shared cores, Node ${process.versions.node}, ${how}.`;
  writeFileSync(page, `${before.slice(0, from)}${begin}\n\n${where}\n\n${text}\n${before.slice(to)}`);
}
