/** The report of a proof, as a page: pure text from what the parts gave. */
import path from 'node:path';
import type { Part } from './parts.ts';

export type PartResult = {
  readonly part: Part;
  readonly exitCode: number | null;
  readonly seconds: number;
  /** What its program printed on stdout. */
  readonly output: string;
};

export type Circumstances = {
  /** The commit, with a word when the working tree differs from it. */
  readonly commit: string;
  readonly date: Date;
  /** Processor, memory, system, version of Node. */
  readonly machine: string;
  /** The project's folder: it must not show up in the report. */
  readonly root: string;
  /** All parts together; less than their sum where some ran beside others. */
  readonly seconds: number;
};

export type Outcome = 'passed' | 'passed in part' | 'skipped' | 'failed';

/** A part whose tests were skipped proves nothing, and must not look as if it did. */
export function outcomeOf({ exitCode, output }: PartResult): Outcome {
  if (exitCode !== 0) return 'failed';
  const lines = factsOf(output);
  if (!lines.some((line) => line.startsWith('\u{FE63}'))) return 'passed';
  return lines.some((line) => line.startsWith('\u2714')) ? 'passed in part' : 'skipped';
}

/** The lines worth keeping: how each test or mutant ended, what tests told about themselves, and sums of mutants. */
export function factsOf(output: string): readonly string[] {
  const summaries = /^\u2139 (tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) /;
  // What failed is repeated at the end, with stacks.
  const [told = ''] = output.split(/^\u2716 failing tests:$/m);
  return told.split('\n').filter((line) => {
    if (/^\s*[\u2714\u2716\uFE63] /.test(line)) return true;
    if (/^\s*\u2139 /.test(line)) return !summaries.test(line.trim());
    return /^[a-z0-9-]+ +[\d.]+ s {2}/.test(line) || /^\d+ (mutants|test files)\b/.test(line);
  });
}

export function proofPage(results: readonly PartResult[], circumstances: Circumstances): string {
  const { commit, date, machine, root, seconds } = circumstances;
  const outcomes = results.map(outcomeOf);
  const isProved = outcomes.every((outcome) => outcome === 'passed');
  const lines = [
    '# Proof',
    '',
    'Written by `npm run prove` and never by hand. It runs the long proofs at full size; `npm test` runs them in short.',
    '',
    `- **Result: ${isProved ? 'all parts passed' : 'NOT all parts passed'}**`,
    `- Commit: ${commit}`,
    `- Date: ${date.toISOString()}`,
    `- Machine: ${machine}`,
    `- Duration: ${duration(seconds)}`,
    '',
    '| part | result | duration |',
    '|---|---|---|',
    ...results.map(
      (result, index) =>
        `| ${result.part.name} | ${outcomes[index]} | ${duration(result.seconds)}${result.part.runs === 'beside' ? ', beside the others' : ''} |`,
    ),
    ...results.flatMap(section),
  ];
  const text = `${lines.join('\n')}\n`;
  return text.replaceAll(root, '.').replaceAll(path.dirname(root) + path.sep, `..${path.sep}`);
}

function section({ part, exitCode, output }: PartResult): readonly string[] {
  return [
    '',
    `## ${part.name}`,
    '',
    part.shows,
    '',
    `Seeds: ${part.seeds}. Run it alone: \`npm run prove -- --only ${part.name}\` (exit code ${exitCode ?? 'none'}).`,
    '',
    '```text',
    ...factsOf(output),
    '```',
  ];
}

function duration(seconds: number): string {
  const whole = Math.round(seconds);
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}
