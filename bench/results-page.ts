/** Puts the results into docs/performance.md, between two marks, with where and how they were measured. */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { root } from './processes.ts';

const BEGIN = '<!-- results: written by `npm run bench -- --write`, do not edit -->';
const END = '<!-- end of results -->';
const page = path.join(root, 'docs', 'performance.md');

export function writeResults(
  text: string,
  { runs, seconds }: { readonly runs: number; readonly seconds: number },
): void {
  const before = readFileSync(page, 'utf8');
  const begin = before.indexOf(BEGIN);
  const end = before.indexOf(END);
  if (begin === -1 || end === -1) throw new Error(`the marks of the results are missing in ${page}`);
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], {
    cwd: root,
    encoding: 'utf8',
  }).trim();
  const day = new Date().toISOString().slice(0, 10);
  const where = `Measured on ${day} at commit ${commit}: ${availableParallelism()} shared cores, Node ${process.versions.node}, median of ${runs} runs, phases of ${seconds} s.`;
  writeFileSync(page, `${before.slice(0, begin)}${BEGIN}\n\n${where}\n\n${text}\n${before.slice(end)}`);
}
