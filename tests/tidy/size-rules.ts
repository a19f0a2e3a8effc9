/** Sizes (DESIGN 1): a file of at most 300 lines, a function of at most 70. Tests are tables of cases and may have 500. */
import { child, lineAt, nodesOf, type SourceFile, type SyntaxNode, textField } from './source-file.ts';

export const FILE_LIMIT = 300;
export const TEST_FILE_LIMIT = 500;
export const FUNCTION_LIMIT = 70;

export function fileSizeBreaches(file: SourceFile): readonly string[] {
  const lines = file.text.replace(/\n$/, '').split('\n').length;
  const limit = file.path.startsWith('tests/') ? TEST_FILE_LIMIT : FILE_LIMIT;
  return lines > limit ? [`${file.path} has ${lines} lines; ${limit} are the limit: divide it`] : [];
}

/** Functions, methods and arrow functions outside of tests (whose suites are functions, too). */
export function functionSizeBreaches(file: SourceFile): readonly string[] {
  if (file.path.startsWith('tests/')) return [];
  const breaches: string[] = [];
  for (const [node, parent] of nodesOf(file.program)) {
    if (!functionTypes.includes(node.type)) continue;
    const first = lineAt(file, node.start);
    const lines = lineAt(file, node.end) - first + 1;
    if (lines > FUNCTION_LIMIT) {
      breaches.push(
        `${file.path}:${first} ${nameOf(node, parent)} has ${lines} lines; ${FUNCTION_LIMIT} are the limit: divide it`,
      );
    }
  }
  return breaches;
}

const functionTypes = ['FunctionDeclaration', 'FunctionExpression', 'ArrowFunctionExpression'];

function nameOf(node: SyntaxNode, parent: SyntaxNode | undefined): string {
  const names = [child(node, 'id'), child(parent, 'id'), child(parent, 'key')].map((part) =>
    textField(part, 'name'),
  );
  return names.find((name) => name !== undefined) ?? 'a function without a name';
}
