/** Which form of /metrics a caller wants, from the Accept header: JSON unless a text format is preferred by name. */

export type MetricsFormat = 'json' | 'prometheus' | 'openmetrics';

const formats: Readonly<Record<string, MetricsFormat>> = {
  'application/json': 'json',
  'text/plain': 'prometheus',
  'application/openmetrics-text': 'openmetrics',
};

/** The highest q wins, the first named among equals; wildcards say nothing, so curl and browsers get JSON. */
export function chooseFormat(accept: string | undefined): MetricsFormat {
  let best: { format: MetricsFormat; q: number } = { format: 'json', q: 0 };
  for (const part of (accept ?? '').slice(0, 1_000).split(',')) {
    const [name = '', ...parameters] = part.split(';').map((text) => text.trim().toLowerCase());
    const format = Object.hasOwn(formats, name) ? formats[name] : undefined;
    const q = Number(parameters.find((parameter) => parameter.startsWith('q='))?.slice(2) ?? 1);
    if (format !== undefined && q > best.q) best = { format, q };
  }
  return best.format;
}
