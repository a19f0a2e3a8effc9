/**
 * A source file as the rules of the tidy test see it: its path, its text, and its syntax tree.
 *
 * TypeScript 7 has no stable JavaScript API, so the tree comes from oxc (the parser under our linter).
 */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parseSync } from 'oxc-parser';

/** Any node of the tree; fields are read with `child` and `text`, which check what they find. */
export type SyntaxNode = { readonly type: string; readonly start: number; readonly end: number };

export type SourceFile = {
  /** Relative to the project, with slashes. */
  readonly path: string;
  readonly text: string;
  readonly program: SyntaxNode;
  readonly comments: readonly { readonly start: number; readonly end: number; readonly value: string }[];
};

export type Import = {
  /** As written. */
  readonly specifier: string;
  /** Of a relative import: relative to the project. */
  readonly target: string | undefined;
  readonly typeOnly: boolean;
  readonly names: readonly string[];
  readonly line: number;
};

/** The folders that hold TypeScript of ours. */
export const sourceFolders = [
  'shared',
  'connector',
  'runner',
  'backtest',
  'tests',
  'bin',
  'bench',
  'examples',
] as const;

/** All TypeScript files of the project. */
export function readSources(root: string): readonly SourceFile[] {
  return sourceFolders
    .flatMap((folder) => filesBelow(root, folder))
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts'))
    .map((file) => parseSource(file, readFileSync(path.join(root, file), 'utf8')));
}

/** Parses one file; throws when it is not TypeScript, since then no rule could be checked. */
export function parseSource(file: string, text: string): SourceFile {
  const { program, comments, errors } = parseSync(file, text);
  const [error] = errors;
  if (error !== undefined) throw new Error(`${file} cannot be parsed: ${error.message}`);
  return { path: file, text, program, comments };
}

/** Files below a folder of the project, relative to it, without installed packages; nothing when there is no such folder. */
export function filesBelow(root: string, folder: string): readonly string[] {
  try {
    return readdirSync(path.join(root, folder), { withFileTypes: true, recursive: true })
      .filter((entry) => entry.isFile() && !entry.parentPath.includes('node_modules'))
      .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)).split(path.sep).join('/'))
      .toSorted();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}

/** Every node of the tree with its parent, from the top. */
export function* nodesOf(
  node: SyntaxNode,
  parent?: SyntaxNode,
): Generator<readonly [SyntaxNode, SyntaxNode | undefined]> {
  yield [node, parent];
  for (const value of Object.values(node)) {
    for (const candidate of Array.isArray(value) ? value : [value]) {
      if (isNode(candidate)) yield* nodesOf(candidate, node);
    }
  }
}

/** A child of a node by the name of its field. */
export function child(node: SyntaxNode | undefined, field: string): SyntaxNode | undefined {
  const value: unknown =
    node === undefined ? undefined : Object.entries(node).find(([name]) => name === field)?.[1];
  return isNode(value) ? value : undefined;
}

/** A field that holds a text, for example the name of an identifier. */
export function textField(node: SyntaxNode | undefined, field: string): string | undefined {
  const value: unknown =
    node === undefined ? undefined : Object.entries(node).find(([name]) => name === field)?.[1];
  return typeof value === 'string' ? value : undefined;
}

/** The children in a field that holds a list. */
export function children(node: SyntaxNode, field: string): readonly SyntaxNode[] {
  const value: unknown = Object.entries(node).find(([name]) => name === field)?.[1];
  return Array.isArray(value) ? value.filter(isNode) : [];
}

function isNode(value: unknown): value is SyntaxNode {
  return (
    typeof value === 'object' &&
    value !== null &&
    'type' in value &&
    typeof value.type === 'string' &&
    'start' in value
  );
}

/** The line of an offset, counted from 1. */
export function lineAt(file: SourceFile, offset: number): number {
  return file.text.slice(0, offset).split('\n').length;
}

/** The text with every comment blanked out; offsets and lines stay. */
export function withoutComments(file: SourceFile): string {
  let text = file.text;
  for (const { start, end } of file.comments) {
    text = text.slice(0, start) + text.slice(start, end).replace(/[^\n]/g, ' ') + text.slice(end);
  }
  return text;
}

/** Static imports, re-exports and dynamic imports of a literal. */
export function importsOf(file: SourceFile): readonly Import[] {
  const imports: Import[] = [];
  for (const [node] of nodesOf(file.program)) {
    const source = child(node, 'source');
    const specifier = textField(source, 'value');
    if (specifier === undefined || !importLike.includes(node.type)) continue;
    const typeOnly = textField(node, 'importKind') === 'type' || textField(node, 'exportKind') === 'type';
    const names = children(node, 'specifiers').map(
      (part) => textField(child(part, 'imported'), 'name') ?? '*',
    );
    const target = specifier.startsWith('.')
      ? path.posix.join(path.posix.dirname(file.path), specifier)
      : undefined;
    imports.push({ specifier, target, typeOnly, names, line: lineAt(file, node.start) });
  }
  return imports;
}

const importLike = [
  'ImportDeclaration',
  'ImportExpression',
  'ExportNamedDeclaration',
  'ExportAllDeclaration',
];
