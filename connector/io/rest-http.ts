/** One GET after the other against one base URL: time-out, bounded body, kept connections, the proxy of the environment. */
import { Agent, type Dispatcher, ProxyAgent, request } from 'undici';
import type { Clock, Millis } from '../../shared/time.ts';
import type { HttpAnswer } from '../rest/request.ts';

export type HttpOptions = {
  /** Without a slash at its end. */
  readonly baseUrl: string;
  readonly proxyUrl: string | undefined;
  readonly connections: number;
  /** Of one request, from the first byte out to the last one in. */
  readonly timeoutMs: Millis;
  readonly maxBodyBytes: number;
  readonly clock: Clock;
};

type Headers = Readonly<Record<string, string>>;

export type HttpGet = {
  /** Rejects when nobody answered, with an error in words for people. `target` is the path with its query. */
  readonly get: (target: string, signal: AbortSignal, headers?: Headers) => Promise<HttpAnswer>;
  readonly close: () => Promise<void>;
};

/** Longer than the time between two looks at the clock: a look that must connect first tells little. */
const KEEP_ALIVE_MS = 60_000;

export function openHttp(options: HttpOptions): HttpGet {
  const { baseUrl, timeoutMs, maxBodyBytes, clock } = options;
  const dispatcher = openDispatcher(options);

  const get: HttpGet['get'] = async (target, stop, sent = {}) => {
    const sentAt = clock.unixMicros();
    const sentMono = clock.monoMs();
    const took = () => ({ sentAt, receivedAt: clock.unixMicros(), tookMs: clock.monoMs() - sentMono });
    try {
      const signal = AbortSignal.any([stop, AbortSignal.timeout(timeoutMs)]);
      const {
        statusCode: status,
        headers,
        body,
      } = await request(`${baseUrl}${target}`, { dispatcher, signal, headers: sent });
      const stamps = took();
      return { status, headers: flat(headers), body: await readBody(body, maxBodyBytes), ...stamps };
    } catch (error) {
      const status = refusedByProxy(error);
      if (status !== undefined) return { status, headers: {}, body: 'said by the proxy', ...took() };
      const timedOut = error instanceof Error && error.name === 'TimeoutError';
      throw timedOut ? new Error(`no answer within ${timeoutMs} ms`, { cause: error }) : error;
    }
  };
  return { get, close: () => dispatcher.destroy() };
}

/** Kept connections, through the proxy where there is one. */
export function openDispatcher({
  proxyUrl,
  connections,
  timeoutMs,
}: Pick<HttpOptions, 'proxyUrl' | 'connections' | 'timeoutMs'>): Dispatcher {
  const common = { connections, keepAliveTimeout: KEEP_ALIVE_MS, keepAliveMaxTimeout: KEEP_ALIVE_MS };
  return proxyUrl === undefined
    ? new Agent({ ...common, connect: { timeout: timeoutMs } })
    : new ProxyAgent({ ...common, uri: proxyUrl, proxyTunnel: true });
}

export function flat(headers: Readonly<Record<string, string | string[] | undefined>>) {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, value?.toString()]));
}

export async function readBody(stream: AsyncIterable<Buffer>, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stream) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw new Error(`the answer is longer than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** The status of a proxy that would not open a tunnel; undici tells it in words only. */
export function refusedByProxy(error: unknown): number | undefined {
  const status = error instanceof Error ? /Proxy response \((\d+)\)/.exec(error.message)?.[1] : undefined;
  return status === undefined ? undefined : Number(status);
}
