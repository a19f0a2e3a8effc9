/**
 * The text of a .env file to names and values, without guessing. What can be read is read also when something is wrong, so
 * that all problems can be told at once.
 *
 * The values are read by the given parser (Node's own); what it passes over in silence is told here: lines that set nothing,
 * and names that are set twice, of which only one can win.
 */
import { shownName } from './words.ts';

/** `problems` are sentences that name the file; with any of them the values must not be acted on. */
export type EnvFile = {
  readonly values: Readonly<Record<string, string>>;
  readonly problems: readonly string[];
};

const assignment = /^\s*(?:export\s+)?([^\s=#]+)\s*=\s*(.*)$/;

/** `file` is only for messages. `parse` is `parseEnv` of node:util. */
export function parseEnvText(
  file: string,
  text: string,
  parse: (text: string) => NodeJS.Dict<string>,
): EnvFile {
  const values: Record<string, string> = {};
  for (const [name, value] of Object.entries(parse(text))) {
    if (value !== undefined) values[name] = value;
  }
  const problems = suspiciousLines(text);
  return { values, problems: problems.length > 0 ? [`${file}: ${problems.join('; ')}.`] : [] };
}

function suspiciousLines(text: string): readonly string[] {
  const problems: string[] = [];
  const seen = new Map<string, number>();
  let open: string | undefined;
  text.split(/\r?\n/).forEach((line, index) => {
    if (open !== undefined) {
      if (line.includes(open)) open = undefined;
      return;
    }
    if (/^\s*(#.*)?$/.test(line)) return;
    const [, name, value = ''] = assignment.exec(line) ?? [];
    if (name === undefined) {
      problems.push(`line ${index + 1} is neither NAME=value nor a comment`);
      return;
    }
    const before = seen.get(name);
    if (before !== undefined)
      problems.push(`${shownName(name)} is set twice (lines ${before} and ${index + 1}): keep one`);
    seen.set(name, index + 1);
    const quote = value.charAt(0);
    if (['"', "'", '`'].includes(quote) && !value.slice(1).includes(quote)) open = quote;
  });
  if (open !== undefined) problems.push(`a quote (${open}) is not closed`);
  return problems;
}
