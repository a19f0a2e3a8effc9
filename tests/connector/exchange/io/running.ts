/** A real server on a free port of this process, with short ways to ask it. */
import type { ExchangeOptions } from '../../../../connector/exchange/exchange.ts';
import type { RunningServer } from '../../../../connector/exchange/io/server.ts';
import { startServer } from '../../../../connector/exchange/io/server.ts';

export type Running = RunningServer & {
  readonly url: string;
  readonly socketUrl: (category: string) => string;
  readonly get: (path: string) => Promise<Record<string, unknown>>;
  readonly post: (path: string, body: unknown) => Promise<Record<string, unknown>>;
};

export async function run(options: Partial<ExchangeOptions> = {}): Promise<Running> {
  const all = {
    seed: 'test',
    rate: undefined,
    tradesPerFrame: undefined,
    stepsPerFrame: 1,
    symbols: 0,
    spread: 'natural' as const,
    timeScale: 1,
    ...options,
  };
  const server = await startServer(all, { host: '127.0.0.1', port: 0 }, undefined);
  const url = `http://127.0.0.1:${server.port}`;
  const ask = async (path: string, init: RequestInit): Promise<Record<string, unknown>> => {
    const response = await fetch(`${url}${path}`, init);
    return (await response.json()) as Record<string, unknown>;
  };
  return {
    ...server,
    url,
    socketUrl: (category) => `ws://127.0.0.1:${server.port}/v5/public/${category}`,
    get: (path) => ask(path, {}),
    post: (path, body) => ask(path, { method: 'POST', body: JSON.stringify(body) }),
  };
}
