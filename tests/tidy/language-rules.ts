/** Habits of the language: no default exports, no `any`, no non-null `!`, no unfinished notes, a comment at the head. */
import { lineAt, nodesOf, type SourceFile } from './source-file.ts';

const forbiddenNodes: Readonly<Record<string, string>> = {
  ExportDefaultDeclaration: 'has a default export: give it a name, so that it is called the same everywhere',
  TSAnyKeyword: 'uses any: unknown makes you check, any lets everything through',
  TSNonNullExpression:
    'uses the non-null "!": check the value, or say why it cannot be missing by an assertion',
};

export function syntaxBreaches(file: SourceFile): readonly string[] {
  return [...nodesOf(file.program)].flatMap(([node]) => {
    const sentence = Object.hasOwn(forbiddenNodes, node.type) ? forbiddenNodes[node.type] : undefined;
    return sentence === undefined ? [] : [`${file.path}:${lineAt(file, node.start)} ${sentence}`];
  });
}

/** Words for work that was put off. Built from parts, so that this file does not hold them. */
const unfinished = new RegExp(
  `\\b(${['TO' + 'DO', 'FIX' + 'ME', 'X'.repeat(3), 'HA' + 'CK'].join('|')})\\b`,
  'g',
);

export function unfinishedBreaches(file: SourceFile): readonly string[] {
  return [...file.text.matchAll(unfinished)].map(
    (match) => `${file.path}:${lineAt(file, match.index)} says ${match[0]}: finish it or open an issue`,
  );
}

/** Production files begin by saying what they decide. */
export function headCommentBreaches(file: SourceFile): readonly string[] {
  if (file.path.startsWith('tests/') || /^(#!.*\n)?\s*\/\*\*/.test(file.text)) return [];
  return [`${file.path} does not begin with a comment that says what it is for`];
}
