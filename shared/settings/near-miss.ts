/**
 * Which of our names did somebody mean who wrote one that we do not know? Like the "did you mean" of a dictionary.
 *
 * A name is meant when it is the same but for case, separators or one of our prefixes, or when at most one letter in six
 * (two at most) is wrong, missing, added, or swapped with its neighbour.
 */
const prefixes = ['BYBIT_WEBSOCKET_', 'BYBIT_CONNECTOR_', 'BYBIT_', 'CONNECTOR_', 'TOWLINE_', 'BINANCE_'];

/** The nearest of `known` when it is near enough to be meant. */
export function nearestName<T extends string>(name: string, known: readonly T[]): T | undefined {
  const letters = lettersOf(name);
  const same = known.find((candidate) => lettersOf(candidate) === letters);
  if (same !== undefined) return same;
  let best: { readonly candidate: T; readonly distance: number } | undefined;
  for (const candidate of known) {
    const distance = editDistance(name.toUpperCase(), candidate);
    if (distance <= allowance(candidate) && (best === undefined || distance < best.distance)) {
      best = { candidate, distance };
    }
  }
  return best?.candidate ?? samePartAfterPrefix(name, known);
}

function samePartAfterPrefix<T extends string>(name: string, known: readonly T[]): T | undefined {
  const part = lettersOf(withoutPrefix(name.toUpperCase()));
  if (part.length < 4) return undefined;
  return known.find((candidate) => lettersOf(withoutPrefix(candidate)) === part);
}

function withoutPrefix(name: string): string {
  const prefix = prefixes.find((candidate) => name.startsWith(candidate));
  return prefix === undefined ? name : name.slice(prefix.length);
}

function lettersOf(name: string): string {
  return name.toUpperCase().replace(/[^A-Z0-9]/g, '');
}

function allowance(name: string): number {
  return Math.min(2, Math.max(1, Math.floor(name.length / 6)));
}

/** Letters to change, add, remove or swap with their neighbour to come from `a` to `b` (optimal string alignment). */
export function editDistance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, column) => column)];
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const substitution = cell(rows, i - 1, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
      let least = Math.min(cell(rows, i - 1, j) + 1, (row[j - 1] ?? 0) + 1, substitution);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        least = Math.min(least, cell(rows, i - 2, j - 2) + 1);
      }
      row.push(least);
    }
    rows.push(row);
  }
  return cell(rows, a.length, b.length);
}

function cell(rows: readonly (readonly number[])[], row: number, column: number): number {
  return rows[row]?.[column] ?? 0;
}
