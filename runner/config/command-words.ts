/**
 * Splits a command line into words as a POSIX shell would, without a shell: quotes and backslashes count, nothing else does.
 *
 * There is no expansion of variables, globs or tildes and no pipe: what stands there is what the program gets.
 */
import { fail, ok, type Result } from '../../shared/errors.ts';

/** Inside double quotes a backslash only protects these. */
const escapableInQuotes = '$`"\\';

/** The words of a command line. Fails on an open quote, a backslash at the end, or when there is no word at all. */
export function commandWords(line: string): Result<readonly string[]> {
  const words: string[] = [];
  let word: string | undefined;
  let quote: '"' | "'" | undefined;
  for (let index = 0; index < line.length; index += 1) {
    const letter = line.charAt(index);
    if (quote !== undefined) {
      if (letter === quote) quote = undefined;
      else if (
        quote === '"' &&
        letter === '\\' &&
        escapableInQuotes.includes(line.charAt(index + 1) || ' ')
      ) {
        index += 1;
        word = (word ?? '') + line.charAt(index);
      } else word = (word ?? '') + letter;
    } else if (letter === '"' || letter === "'") {
      quote = letter;
      word ??= '';
    } else if (letter === '\\') {
      if (index === line.length - 1) return fail('config_invalid', 'it ends with a backslash');
      index += 1;
      word = (word ?? '') + line.charAt(index);
    } else if (/\s/.test(letter)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? '') + letter;
  }
  if (quote !== undefined) return fail('config_invalid', `a quote (${quote}) is not closed`);
  if (word !== undefined) words.push(word);
  return words.length === 0 || words[0] === '' ? fail('config_invalid', 'it names no program') : ok(words);
}
