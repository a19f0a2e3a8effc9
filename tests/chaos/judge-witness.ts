/** Judges what a strategy was told of the trades: what is on the tape, each once. Pure. */
import { integerId } from '../../runner/strategy/trade-tick.ts';
import type { Market } from './world.ts';

/** `told` is what witness.ts wrote; `onTape` are the ids of the span that is judged. Strategies know trades by numbers. */
export function judgeWitness(
  told: string,
  { category, symbol }: Pick<Market, 'category' | 'symbol'>,
  onTape: ReadonlySet<string>,
): readonly string[] {
  const counts = new Map<number, number>();
  for (const line of told.split('\n')) {
    const [kind, its, name, id] = line.split(' ');
    if (kind !== 'trade' || its !== category || name !== symbol) continue;
    counts.set(Number(id), (counts.get(Number(id)) ?? 0) + 1);
  }
  const ids = [...onTape];
  const missing = ids.filter((id) => !counts.has(integerId(id)));
  const twice = ids.filter((id) => (counts.get(integerId(id)) ?? 0) > 1);
  const problems: string[] = [];
  if (missing.length > 0)
    problems.push(`${missing.length} trades on the tape were not told to the strategy: ${missing[0]}`);
  if (twice.length > 0) problems.push(`${twice.length} trades were told to the strategy twice: ${twice[0]}`);
  return problems;
}

/** How each trade of a market was told: `live`, `healed`. */
export function originsOf(
  told: string,
  { category, symbol }: Pick<Market, 'category' | 'symbol'>,
): (id: string) => string | undefined {
  const origins = new Map<number, string>();
  for (const line of told.split('\n')) {
    const [kind, its, name, id, , , , , origin] = line.split(' ');
    if (kind === 'trade' && its === category && name === symbol && origin !== undefined)
      origins.set(Number(id), origin);
  }
  return (id) => origins.get(integerId(id));
}
