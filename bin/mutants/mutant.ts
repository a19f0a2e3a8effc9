/**
 * A mutant: one promise of the program, and one line of sabotage that breaks it.
 *
 * The sabotage is a replacement of a text that must occur exactly once in its file, so that a list that has fallen behind the
 * code is noticed ("stale") instead of testing nothing.
 */

export type Mutant = {
  /** For reports and `--only`; kebab-case, unique. */
  readonly name: string;
  /** What the program promises and the sabotage breaks, in one sentence. */
  readonly promise: string;
  /** The file to be changed, relative to the project's folder. */
  readonly file: string;
  readonly find: string;
  readonly replace: string;
  /** The test files most likely to catch it, likeliest and quickest first. */
  readonly tests: readonly string[];
};

/** How one mutant fared. */
export type Verdict =
  /** A test failed: `by` is its title, `details` what it said, as far as it was heard out. */
  | { readonly kind: 'caught'; readonly by: string; readonly details: string }
  /** All named tests passed: a hole in the tests. */
  | { readonly kind: 'survived' }
  /** `find` does not occur exactly once in the file. */
  | { readonly kind: 'stale' }
  /** The tests could not judge: they did not run, did not end, or a file failed as a whole. */
  | { readonly kind: 'unjudged'; readonly reason: string };

/** The text with the sabotage in it; undefined when `find` does not occur exactly once (the mutant is stale). */
export function sabotaged(
  text: string,
  { find, replace }: Pick<Mutant, 'find' | 'replace'>,
): string | undefined {
  const parts = text.split(find);
  return parts.length === 2 ? parts.join(replace) : undefined;
}
