/** Which bytes of a file a request wants (RFC 9110, 14): the part of it that static hosts answer. */

/** Bytes `from` to `to`, both included; 'none' lies outside of the file. */
export type ByteRange = { readonly from: number; readonly to: number } | 'none' | undefined;

/** One range is answered; several at once, and what cannot be read, mean the whole file (undefined). */
export function rangeOf(header: string | undefined, size: number): ByteRange {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? '');
  const [, first = '', last = ''] = match ?? [];
  if (match === null || (first === '' && last === '')) return undefined;
  if (first === '') return last === '0' ? 'none' : { from: Math.max(0, size - Number(last)), to: size - 1 };
  const from = Number(first);
  const to = last === '' ? size - 1 : Math.min(Number(last), size - 1);
  if (last !== '' && Number(last) < from) return undefined;
  return from >= size ? 'none' : { from, to };
}
