/**
 * How the programs in bin/ and bench/ read their command line: one way to explain themselves and to refuse what they do not know.
 *
 * `--help` shows the text and ends with 0. Whatever is wrong is told in one message that points to `--help`, exit code 64.
 */
import { writeSync } from 'node:fs';
import { type ParseArgsOptionDescriptor, parseArgs } from 'node:util';
import { exitCodes } from '../shared/errors.ts';

type Options = Readonly<Record<string, ParseArgsOptionDescriptor>>;

export type Program<T extends Options> = {
  /** As it is called, for example `npm run mutants`. */
  readonly name: string;
  /** What `--help` shows. */
  readonly help: string;
  /** Without `help`, which every program has. */
  readonly options: T;
};

type Values<T extends Options> = ReturnType<
  typeof parseArgs<{ readonly args: string[]; readonly options: T }>
>['values'];

export type CommandLine<T extends Options> =
  | { readonly kind: 'run'; readonly values: Values<T> }
  | { readonly kind: 'help' }
  | { readonly kind: 'wrong'; readonly problems: readonly string[] };

/** Reads the words after the program's name. All that is wrong is listed. */
export function readCommandLine<T extends Options>(argv: readonly string[], options: T): CommandLine<T> {
  const problems: string[] = [];
  let help = false;
  const { tokens } = parseArgs({
    args: [...argv],
    options: { ...options, help: { type: 'boolean', short: 'h' } },
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  for (const token of tokens) {
    if (token.kind === 'positional') problems.push(`${JSON.stringify(token.value)} is not expected`);
    if (token.kind !== 'option') continue;
    const known = Object.hasOwn(options, token.name) ? options[token.name] : undefined;
    if (token.name === 'help' && token.value === undefined) help = true;
    else if (known === undefined) problems.push(`${token.rawName} is not an option`);
    else if (known.type === 'string' && !token.value) problems.push(`${token.rawName} needs a value`);
    else if (known.type === 'boolean' && token.value !== undefined)
      problems.push(`${token.rawName} takes no value`);
  }
  if (problems.length > 0) return { kind: 'wrong', problems };
  if (help) return { kind: 'help' };
  return { kind: 'run', values: parseArgs({ args: [...argv], options }).values };
}

/** The options of this process. Shows the help, or what is wrong, and ends the process instead where that is all there is to do. */
export function commandLine<T extends Options>({ name, help, options }: Program<T>): Values<T> {
  const line = readCommandLine(process.argv.slice(2), options);
  switch (line.kind) {
    case 'run':
      letReaderLeave();
      return line.values;
    case 'help':
      return endWith(exitCodes.done, 1, help);
    case 'wrong':
      return refuse(name, line.problems);
  }
}

/** Says what is wrong with the command line, points to the help, and ends the process with 64. */
export function refuse(name: string, problems: readonly string[]): never {
  const list = problems.map((problem) => `  - ${problem}\n`).join('');
  return endWith(exitCodes.usage, 2, `wrong options:\n${list}Try: ${name} -- --help\n`);
}

/** Nothing has begun yet, so the process may end at once, once the text is written. */
function endWith(code: number, file: 1 | 2, text: string): never {
  try {
    writeSync(file, text);
  } catch (error) {
    if (!isReaderGone(error)) throw error;
  }
  process.exit(code);
}

/**
 * Whoever reads us may stop reading (`| head`): that is an ordinary end of what we tell, not an error. What we do goes on,
 * unless `stop` says that nobody needs it then.
 */
export function letReaderLeave(stop: () => void = () => {}): void {
  process.stdout.on('error', (error) => {
    if (!isReaderGone(error)) throw error;
    stop();
  });
}

function isReaderGone(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EPIPE';
}

/** A whole number from 1, or the end of the process with 64. `name` is the command, for the message. */
export function positiveOption(name: string, option: string, text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1) return value;
  return refuse(name, [`${option} must be a whole number from 1: ${text}`]);
}
