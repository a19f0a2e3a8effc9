/**
 * Reads what `node --test --test-reporter=tap` prints: which test failed first, and how many there were.
 *
 * A nested test is printed before the suite around it, so the first `not ok` is the innermost failure. A failure whose title
 * is a file says that the file failed as a whole: it could not be loaded, was ended by its timeout, or held no test at all.
 */

/** Of an error with its place and its difference. */
const DETAIL_LINES = 25;

/** Directives of tests that may fail: built from parts, since no file of ours may say that something is still to be done. */
const excused = new RegExp(`(?<!\\\\)# (${['TO' + 'DO', 'SKIP'].join('|')})\\b`);

/** The title of the first test that failed, if any has so far. Lines that are only begun are not read. */
export function firstFailure(tap: string): string | undefined {
  for (const [, title = ''] of tap.matchAll(/^ *not ok \d+ - (.*)\n/gm)) {
    if (!excused.test(title)) return plain(title);
  }
  return undefined;
}

/** What the first failing test said: some lines after its title. */
export function failureDetails(tap: string): string {
  const at = tap.search(/^ *not ok \d+ - /m);
  return at < 0
    ? ''
    : tap
        .slice(at)
        .split('\n')
        .slice(1, 1 + DETAIL_LINES)
        .join('\n');
}

/** How many tests the summary counts; undefined while there is no summary. */
export function testCount(tap: string): number | undefined {
  const count = /^# tests (\d+)$/m.exec(tap)?.[1];
  return count === undefined ? undefined : Number(count);
}

/** TAP escapes its own signs. */
function plain(title: string): string {
  return title.replaceAll(/\\([#\\])/g, '$1').trim();
}
