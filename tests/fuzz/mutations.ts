/**
 * A valid text made wrong in ways that a network, a proxy, a new version or a broken program could make it wrong.
 *
 * Three ways: the value behind it (another value in a place, a key that is missing, doubled or renamed, places exchanged), its
 * writing (numbers that JSON can write and a double cannot hold, doubled keys), and its bytes (flipped, lost, put in, cut off).
 */
import type { Dice } from './scale.ts';

const odd: readonly [unknown, ...unknown[]] = [
  null,
  true,
  false,
  0,
  -0,
  -1,
  1,
  1.5,
  1e-320,
  1e21,
  1e308,
  2 ** 53,
  2 ** 53 - 1,
  -(2 ** 53),
  8.64e15 + 1,
  '',
  '0',
  '-0',
  '00.00',
  '1',
  '-1',
  '+1',
  '.5',
  '5.',
  '1e5',
  '1e400',
  '0x10',
  ' 1',
  '1 ',
  '1,5',
  '1_000',
  '٣',
  'NaN',
  'Infinity',
  '-Infinity',
  'null',
  'snapshot',
  'delta',
  'Buy',
  'buy',
  'BTCUSDT',
  'publicTrade.BTCUSDT',
  'orderbook.50.BTCUSDT',
  '__proto__',
  'constructor',
  'toString',
  '\u0000',
  '\ud800',
  '"',
  '\\',
  '9'.repeat(30),
  `0.${'0'.repeat(19)}1`,
  `0.${'0'.repeat(400)}1`,
  'x'.repeat(5_000),
  [],
  [[]],
  {},
  [null],
  ['1', '2'],
  [['1', '2']],
  [[1, 2]],
  { s: 'BTCUSDT' },
  { toString: 1, valueOf: 1 },
  { length: 3 },
];
const tokens: readonly [string, ...string[]] = [
  '1e999',
  '-1e999',
  '1E+5',
  '-0',
  '1e-400',
  '0.1e1',
  '9007199254740993',
  '123456789012345678901234567890',
  'null',
  '"1"',
  '[]',
  '{}',
  'NaN',
  '1.',
  '01',
  '--1',
  '',
];
const pieces: readonly [string, ...string[]] = [
  '"',
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '\\',
  '\\u',
  '\\ud83d',
  '0',
  '1',
  '-',
  '.',
  'e',
  ' ',
  '\n',
  '\r',
  '\t',
  '\u0000',
  '\ufeff',
  'é',
  '𝒳',
  'null',
  '"topic":"publicTrade.BTCUSDT",',
  '"ts":0,',
  '"__proto__":{"ts":1},',
];

/** The text after some mutations, each of a kind drawn from the dice. */
export function mutate(text: string, mutations: number, dice: Dice): string {
  let mutated = text;
  for (let count = 0; count < mutations; count += 1) {
    const way = dice.below(8);
    if (way < 4) mutated = mutateValue(mutated, dice);
    else if (way === 4) mutated = mutateWriting(mutated, dice);
    else mutated = mutateBytes(mutated, dice);
  }
  return mutated;
}

type Place = { readonly holder: object; readonly key: string };

/** Another value behind the text. One that cannot be parsed any more stays as it is. */
function mutateValue(text: string, dice: Dice): string {
  let root: unknown;
  try {
    root = JSON.parse(text);
  } catch {
    return text;
  }
  if (dice.oneIn(200)) return written(dice.pick(odd), text);
  const box = { root };
  const places = placesIn(box);
  const place = places[dice.below(places.length)];
  if (place === undefined) return text;
  const { holder, key } = place;
  const held: unknown = Reflect.get(holder, key);
  switch (dice.below(7)) {
    case 0:
    case 1:
      Reflect.set(holder, key, dice.pick(odd));
      break;
    case 2:
      if (Array.isArray(holder)) holder.splice(Number(key), 1);
      else Reflect.deleteProperty(holder, key);
      break;
    case 3: {
      const other = places[dice.below(places.length)];
      if (other === undefined) break;
      // A copy, so that nothing comes to hold itself.
      Reflect.set(holder, key, structuredClone(Reflect.get(other.holder, other.key)));
      break;
    }
    case 4:
      if (Array.isArray(held))
        held.push(...held.slice(0, 50), ...(dice.oneIn(20) ? many(held[0], 2_100) : []));
      else if (typeof held === 'string') Reflect.set(holder, key, held + dice.pick(pieces));
      else if (typeof held === 'number') Reflect.set(holder, key, String(held));
      break;
    case 5:
      if (!Array.isArray(holder)) Reflect.deleteProperty(holder, key);
      Reflect.set(holder, Array.isArray(holder) ? key : `${key}${dice.pick(pieces)}`, held);
      break;
    default:
      if (typeof held === 'number') Reflect.set(holder, key, -held);
      else if (typeof held === 'string' && held !== '' && !Number.isNaN(Number(held)))
        Reflect.set(holder, key, dice.pick([`-${held}`, Number(held), `${held}e3`, `0${held}`]));
      else if (Array.isArray(held)) held.reverse();
  }
  return written(box.root, text);
}

function many(value: unknown, count: number): unknown[] {
  return Array.from({ length: count }, () => value);
}

function written(value: unknown, otherwise: string): string {
  return JSON.stringify(value) ?? otherwise;
}

function placesIn(holder: object): Place[] {
  const places: Place[] = [];
  const walk = (from: object): void => {
    // Long lists would be all that is ever touched.
    for (const key of Object.keys(from).slice(0, 12)) {
      places.push({ holder: from, key });
      const value: unknown = Reflect.get(from, key);
      if (typeof value === 'object' && value !== null) walk(value);
    }
  };
  walk(holder);
  return places;
}

/** Another writing: a number that no double can hold, or a key twice. */
function mutateWriting(text: string, dice: Dice): string {
  const isDoubled = dice.oneIn(3);
  const found = [...text.matchAll(isDoubled ? /"[A-Za-z]+":/g : /-?\d+(\.\d+)?/g)];
  const match = found[dice.below(found.length)];
  if (match === undefined) return text;
  const end = match.index + match[0].length;
  const inserted = isDoubled ? `${dice.pick(tokens)},${match[0]}` : dice.pick(tokens);
  return text.slice(0, isDoubled ? end : match.index) + inserted + text.slice(end);
}

function mutateBytes(text: string, dice: Dice): string {
  const bytes = Buffer.from(text);
  const at = dice.below(bytes.length + 1);
  const rest = dice.oneIn(4) ? at + dice.below(40) : at + 1;
  switch (dice.below(5)) {
    case 0:
      if (at < bytes.length) bytes[at] = (bytes[at] ?? 0) ^ (1 << dice.below(8));
      return bytes.toString();
    case 1:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(rest)]).toString();
    case 2:
      return Buffer.concat([
        bytes.subarray(0, at),
        Buffer.from(dice.pick(pieces)),
        bytes.subarray(at),
      ]).toString();
    case 3:
      return Buffer.concat([bytes.subarray(0, rest), bytes.subarray(at)]).toString();
    default:
      return dice.oneIn(5)
        ? bytes.subarray(0, at).toString()
        : text.slice(0, at) + dice.pick(pieces) + text.slice(rest);
  }
}
