/** What a zod schema found wrong, in one line. Apart from the schemas, so that a thread can use it without loading them all. */

/** "field: what is wrong" for each issue, at most five. */
export function describeIssues(
  issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[],
): string {
  return issues
    .slice(0, 5)
    .map(
      (issue) => `${issue.path.length === 0 ? 'line' : issue.path.map(String).join('.')}: ${issue.message}`,
    )
    .join('; ');
}
