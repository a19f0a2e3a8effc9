/** DESIGN rule 2, second half: pure code reads no clock, draws no random number, sets no timer, sees no environment. */
import { isEdge } from './architecture-rules.ts';
import {
  child,
  children,
  lineAt,
  nodesOf,
  type SourceFile,
  type SyntaxNode,
  textField,
} from './source-file.ts';

/** Calls of these members of globals. */
const ambientMembers: Readonly<Record<string, readonly string[]>> = {
  Date: ['now'],
  Math: ['random'],
  performance: ['now', 'timeOrigin'],
  crypto: ['randomUUID', 'getRandomValues'],
  globalThis: ['setTimeout', 'setInterval', 'setImmediate', 'process', 'performance', 'fetch'],
};
/** Globals that reach the world whatever is done with them. */
const ambientGlobals = [
  'setTimeout',
  'setInterval',
  'setImmediate',
  'process',
  'fetch',
  'WebSocket',
  'EventSource',
  'console',
];

/** One sentence for each use of ambient time, randomness, timers, network or process state in pure code. */
export function ambientBreaches(file: SourceFile): readonly string[] {
  if (isEdge(file.path)) return [];
  const own = declaredNames(file.program);
  const breaches: string[] = [];
  for (const [node, parent] of nodesOf(file.program)) {
    const used = ambientUse(node, parent);
    if (used === undefined || own.has(used.split('.')[0]?.replace(/^new /, '') ?? '')) continue;
    breaches.push(
      `${file.path}:${lineAt(file, node.start)} uses ${used}: pure code takes time, randomness and the world as arguments (rule 2)`,
    );
  }
  return breaches;
}

function ambientUse(node: SyntaxNode, parent: SyntaxNode | undefined): string | undefined {
  if (node.type === 'MemberExpression') {
    const object = textField(child(node, 'object'), 'name') ?? '';
    const property = textField(child(node, 'property'), 'name') ?? '';
    return Object.hasOwn(ambientMembers, object) && ambientMembers[object]?.includes(property)
      ? `${object}.${property}`
      : undefined;
  }
  if (node.type === 'NewExpression' || node.type === 'CallExpression') {
    const isDate = textField(child(node, 'callee'), 'name') === 'Date';
    const readsClock = isDate && (node.type === 'CallExpression' || children(node, 'arguments').length === 0);
    return readsClock ? 'new Date' : undefined;
  }
  const name = node.type === 'Identifier' ? textField(node, 'name') : undefined;
  if (name === undefined || !ambientGlobals.includes(name) || isOnlyAName(node, parent)) return undefined;
  return name;
}

/** A property, a key or a type of that name is not the global. */
function isOnlyAName(node: SyntaxNode, parent: SyntaxNode | undefined): boolean {
  if (parent === undefined) return false;
  if (parent.type.startsWith('TS')) return true;
  if (parent.type === 'MemberExpression') return child(parent, 'property') === node;
  // In `{ process }` key and value are two nodes: the value is the use.
  return child(parent, 'key') === node;
}

/** Names that the file itself gives to something: they hide the global. */
function declaredNames(program: SyntaxNode): ReadonlySet<string> {
  const names = new Set<string>();
  for (const [node] of nodesOf(program)) {
    const declared =
      node.type === 'VariableDeclarator' ||
      node.type === 'FunctionDeclaration' ||
      node.type === 'ClassDeclaration'
        ? [child(node, 'id'), ...children(node, 'params')]
        : /^Import(Default|Namespace)?Specifier$/.test(node.type)
          ? [child(node, 'local')]
          : children(node, 'params');
    for (const pattern of declared) for (const name of boundNames(pattern)) names.add(name);
  }
  return names;
}

/** The names in a binding pattern: `a`, `{ a, b: c }`, `[a]`, `a = 1`. */
function boundNames(pattern: SyntaxNode | undefined): readonly string[] {
  if (pattern === undefined) return [];
  if (pattern.type === 'Identifier') return [textField(pattern, 'name') ?? ''];
  const parts = [...children(pattern, 'properties'), ...children(pattern, 'elements')];
  const inner = ['left', 'argument', 'value', 'parameter'].map((field) => child(pattern, field));
  return [...parts, ...inner].flatMap(boundNames);
}
