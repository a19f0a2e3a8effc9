/** How a metric is declared: one table makes the text of a scrape and docs/metrics.md. */
import type { Snapshot } from './snapshot.ts';

export type Sample = { readonly labels: Readonly<Record<string, string>>; readonly value: number };

/** Names and base units follow Prometheus' conventions: `towline_`, seconds, bytes, `_total` for what only grows. */
export type Metric = {
  readonly kind: 'gauge' | 'counter';
  /** The whole name. */
  readonly name: string;
  readonly help: string;
  readonly labels: readonly string[];
  readonly read: (of: Snapshot) => readonly Sample[];
};

/** A number that can go both ways. `name` is without the prefix. */
export function gauge(name: string, help: string, labels: readonly string[], read: Metric['read']): Metric {
  return { kind: 'gauge', name: `towline_${name}`, help, labels, read };
}

/** A number that only grows. `name` is without the prefix and ends with `_total`. */
export function counter(name: string, help: string, labels: readonly string[], read: Metric['read']): Metric {
  return { kind: 'counter', name: `towline_${name}`, help, labels, read };
}

/** One sample without labels, or none while the value is unknown: unknown is no number. */
export function single(value: number | null | undefined): readonly Sample[] {
  return value === null || value === undefined ? [] : [{ labels: {}, value }];
}

/** One sample for each entry, told apart by one label. */
export function samples(
  label: string,
  values: Readonly<Record<string, number>> | ReadonlyMap<string, number>,
): readonly Sample[] {
  const entries = values instanceof Map ? [...values] : Object.entries(values);
  return entries.map(([name, value]) => ({ labels: { [label]: name }, value }));
}

/** For a label that lists all states: 1 for the present one, 0 for the others. */
export function oneOf(
  label: string,
  states: readonly string[],
  present: string,
  more: Readonly<Record<string, string>> = {},
): readonly Sample[] {
  return states.map((state) => ({ labels: { ...more, [label]: state }, value: Number(state === present) }));
}

export function part(value: number | null | undefined, of: number): number | null {
  return value === null || value === undefined ? null : value / of;
}
