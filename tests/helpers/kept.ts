/** Events that somebody may keep. */
import assert from 'node:assert/strict';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { UnnumberedEvent } from '../../shared/events/event.ts';

/** Market events among those that were told, as long as somebody keeps them. */
export type Told = {
  readonly type: UnnumberedEvent['type'];
  readonly symbol: string;
  readonly event: WeakRef<object>;
};

export async function collectGarbage(): Promise<void> {
  setFlagsFromString('--expose-gc');
  const gc: unknown = runInNewContext('gc');
  assert.ok(typeof gc === 'function');
  // A WeakRef holds its target until the turn of the loop in which it was made is over.
  await new Promise((resolve) => setImmediate(resolve));
  Reflect.apply(gc, undefined, []);
}

export function note(told: Told[], event: UnnumberedEvent): void {
  if (event.type === 'trade' || event.type === 'depth')
    told.push({ type: event.type, symbol: event.symbol, event: new WeakRef(event) });
}

export function kept(told: readonly Told[]): readonly string[] {
  return told
    .filter(({ event }) => event.deref() !== undefined)
    .map(({ type, symbol }) => `${type} ${symbol}`);
}
