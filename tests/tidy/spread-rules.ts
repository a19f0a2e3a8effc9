/**
 * Events that were cut out of a frame have their values behind getters: a copy by spread is empty of them, and so is what
 * Object.assign, Object.entries or structuredClone makes of one. The line that comes of it is refused by its reader.
 */
import { child, children, lineAt, type SourceFile, type SyntaxNode, textField } from './source-file.ts';

/** Types whose values may be such events. Wherever a name is declared as one of these, it is not to be copied. */
const cutOut = /\b(TradeEvent|DepthEvent|MarketEvent|RacedEvent|UnnumberedEvent|TowlineEvent)\b(?!\s*\[)/;
/** Of these there is nothing to copy, or it is no event. */
const harmless = /=>|Omit<|Pick<|\[\]/;
const copies = /^(Object\.(assign|entries|keys|values|fromEntries)|structuredClone)$/;

/** Names that are declared in this function or block, and whether they may be a cut-out event. */
type Scope = Map<string, boolean>;

export function spreadBreaches(file: SourceFile): readonly string[] {
  const isOurs = file.path.startsWith('connector/') && !file.path.startsWith('connector/exchange/');
  if (!isOurs) return [];
  const found: string[] = [];
  const fields: Scope = new Map();
  collectFields(file, file.program, fields);
  walk(file, file.program, [], fields, (node, name) =>
    found.push(
      `${file.path}:${lineAt(file, node.start)} copies ${name}, which may be cut out of a frame: read its fields by name, as healed() does`,
    ),
  );
  return found;
}

/** Private and public fields of classes, by `this.name`. */
function collectFields(file: SourceFile, node: SyntaxNode, fields: Scope): void {
  if (node.type === 'PropertyDefinition') {
    const name = textOf(file, child(node, 'key'));
    const type = child(node, 'typeAnnotation');
    if (type !== undefined) fields.set(`this.${name}`, isCutOut(textOf(file, type)));
  }
  for (const part of parts(node)) collectFields(file, part, fields);
}

function walk(
  file: SourceFile,
  node: SyntaxNode,
  scopes: readonly Scope[],
  fields: Scope,
  breach: (node: SyntaxNode, name: string) => void,
): void {
  const isScope = /Function|BlockStatement|^For|Program|MethodDefinition|SwitchCase/.test(node.type);
  const inner: readonly Scope[] = isScope ? [...scopes, new Map()] : scopes;
  const known = (name: string): boolean =>
    fields.get(name) ?? inner.findLast((scope) => scope.has(name))?.get(name) ?? false;
  const declare = (target: SyntaxNode | undefined, value: SyntaxNode | undefined): void => {
    const name = textField(target, 'name');
    if (name === undefined) return;
    const type = child(target, 'typeAnnotation');
    const is = type === undefined ? known(textOf(file, value)) : isCutOut(textOf(file, type));
    inner.at(-1)?.set(name, is);
  };
  for (const parameter of children(node, 'params')) declare(parameter, undefined);
  if (node.type === 'VariableDeclarator') declare(child(node, 'id'), child(node, 'init'));
  const copied = copiedBy(file, node);
  if (copied !== undefined && known(copied)) breach(node, copied);
  for (const part of parts(node)) walk(file, part, inner, fields, breach);
}

/** The text of what an object literal spreads, or a copying function takes. */
function copiedBy(file: SourceFile, node: SyntaxNode): string | undefined {
  if (node.type === 'SpreadElement') return textOf(file, child(node, 'argument'));
  if (node.type !== 'CallExpression' || !copies.test(textOf(file, child(node, 'callee')))) return undefined;
  return textOf(file, children(node, 'arguments').at(-1));
}

function isCutOut(type: string): boolean {
  return cutOut.test(type) && !harmless.test(type);
}

function textOf(file: SourceFile, node: SyntaxNode | undefined): string {
  return node === undefined ? '' : file.text.slice(node.start, node.end);
}

function parts(node: SyntaxNode): readonly SyntaxNode[] {
  return Object.values<unknown>({ ...node })
    .flatMap((value): readonly unknown[] => (Array.isArray(value) ? value : [value]))
    .filter(isNode);
}

function isNode(value: unknown): value is SyntaxNode {
  return typeof value === 'object' && value !== null && 'type' in value && 'start' in value;
}
