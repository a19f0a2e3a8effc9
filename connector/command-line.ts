/**
 * What all verbs share on the command line: every wrong option in one message, and exit code 64.
 *
 * commander stops at the first unknown option; a user who mistyped two wants to see both. So unknown options are let through
 * and collected here together with the values that do not fit.
 */
import { Command } from 'commander';

/** Options of one call that could not be accepted, in words. Ends the process with 64. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  readonly problems: readonly string[];

  constructor(verb: string, problems: readonly string[]) {
    const list = problems.map((problem) => `  - ${problem}`).join('\n');
    super(
      `connector ${verb}: ${problems.length} problem(s):\n${list}\nTry: npm run connector -- ${verb} --help`,
    );
    this.problems = problems;
  }
}

/** The environment or .env is wrong, in words. Ends the process with 78. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';

  constructor(verb: string, problems: readonly string[]) {
    const list = problems.map((problem) => `  - ${problem}`).join('\n');
    super(`connector ${verb}: ${problems.length} problem(s) in the environment or .env:\n${list}`);
  }
}

/** Of `--environment` of these verbs. */
export const networkDefault = '(default: what CONNECTOR_PROFILE says, or mainnet)';

/** Of the verbs that read settings; which file it names is looked up before a verb is built (main.ts). */
export const settingsOption = ['--settings <file>', 'read FILE instead of .env'] as const;

/** A verb whose unknown options and surplus words are collected by `strayWords`. */
export function verbCommand(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .allowUnknownOption()
    .allowExcessArguments()
    .argument('[stray...]')
    .usage('[options]')
    .helpOption('-h, --help', 'show this help');
}

/** A sentence for each word of the call that belongs to no option. */
export function strayWords(command: Command): readonly string[] {
  const known = command.options.flatMap((option) => (option.long === undefined ? [] : [option.long]));
  return command.args.map((word) => {
    if (!word.startsWith('-')) return `unexpected word ${JSON.stringify(word)}`;
    const name = word.split('=')[0] ?? word;
    const near = known.find(
      (option) => option.startsWith(name) || name.startsWith(option) || sharedPrefix(option, name) >= 5,
    );
    return `unknown option ${name}${near === undefined ? '' : `; did you mean ${near}?`}`;
  });
}

function sharedPrefix(left: string, right: string): number {
  let length = 0;
  while (length < left.length && left[length] === right[length]) length += 1;
  return length;
}
