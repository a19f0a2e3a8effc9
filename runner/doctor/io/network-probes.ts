/** Knocks at addresses: names, certificates, HTTP, sockets. What goes wrong comes back as a value; nothing throws. */
import { lookup } from 'node:dns/promises';
import { connect } from 'node:tls';
import { HttpsProxyAgent } from 'https-proxy-agent';
import { Agent, type Dispatcher, ProxyAgent, request } from 'undici';
import { WebSocket } from 'ws';
import type { ClockSample } from '../clock-check.ts';
import {
  type Failed,
  type HttpAnswer,
  type HttpProbe,
  type NameProbe,
  type SocketProbe,
  serverTimeOf,
  type TlsProbe,
} from '../network-checks.ts';

/** Characters of an answer that are read; a page of explanation is shorter. */
const MAX_BODY = 64 * 1024;

export async function probeName(host: string, timeoutMs: number): Promise<NameProbe> {
  const started = performance.now();
  const answer = lookup(host, { all: true }).then(
    (found): NameProbe => ({
      kind: 'found',
      addresses: found.map((entry) => entry.address),
      tookMs: performance.now() - started,
    }),
    failed,
  );
  return await Promise.race([answer, timedOut(timeoutMs)]);
}

export async function probeTls(host: string, port: number, timeoutMs: number): Promise<TlsProbe> {
  const started = performance.now();
  const { promise, resolve } = Promise.withResolvers<TlsProbe>();
  const socket = connect({ host, port, servername: host, timeout: timeoutMs });
  socket.on('secureConnect', () => {
    const validTo = new Date(socket.getPeerCertificate().valid_to).toISOString().slice(0, 10);
    resolve({
      kind: 'secured',
      protocol: socket.getProtocol() ?? 'TLS',
      validTo,
      tookMs: performance.now() - started,
    });
  });
  socket.on('timeout', () => resolve({ kind: 'failed', code: 'ETIMEDOUT', message: 'no answer in time' }));
  socket.on('error', (error) => resolve(failed(error)));
  const result = await promise;
  socket.destroy();
  return result;
}

/** Asks `url` up to `times` times over one connection; the last answer, and a clock sample from each answer with a time. */
export async function probeTime(
  url: string,
  times: number,
  proxy: string | undefined,
  timeoutMs: number,
): Promise<{ readonly answer: HttpProbe; readonly samples: readonly ClockSample[] }> {
  const dispatcher =
    proxy === undefined ? new Agent({ connections: 1, connectTimeout: timeoutMs }) : new ProxyAgent(proxy);
  const samples: ClockSample[] = [];
  let answer: HttpProbe = { kind: 'failed', code: 'NOT_ASKED', message: 'nothing was asked' };
  for (let count = 0; count < times; count += 1) {
    const sentMs = Date.now();
    answer = await ask(url, dispatcher, timeoutMs);
    const receivedMs = Date.now();
    const serverMs = answer.kind === 'answered' ? serverTimeOf(answer) : undefined;
    if (serverMs === undefined) break;
    samples.push({ sentMs, receivedMs, serverMs });
  }
  await dispatcher.destroy();
  return { answer, samples };
}

async function ask(url: string, dispatcher: Dispatcher, timeoutMs: number): Promise<HttpProbe> {
  try {
    const response = await request(url, { dispatcher, signal: AbortSignal.timeout(timeoutMs) });
    const headers = Object.fromEntries(
      Object.entries(response.headers).map(([name, value]) => [name, String(value ?? '')]),
    );
    return { kind: 'answered', status: response.statusCode, headers, body: await readBody(response.body) };
  } catch (error) {
    return refusedByProxy(error) ?? failed(error);
  }
}

/** Opens the socket, closes it again. */
export async function probeSocket(
  url: string,
  proxy: string | undefined,
  timeoutMs: number,
): Promise<SocketProbe> {
  const started = performance.now();
  const { promise, resolve } = Promise.withResolvers<SocketProbe>();
  const agent = proxy === undefined ? {} : { agent: new HttpsProxyAgent(proxy) };
  const socket = new WebSocket(url, { handshakeTimeout: timeoutMs, perMessageDeflate: false, ...agent });
  socket.on('open', () => resolve({ kind: 'opened', tookMs: performance.now() - started }));
  socket.on('unexpected-response', (_request, response) => {
    const headers = Object.fromEntries(
      Object.entries(response.headers).map(([name, value]) => [name, String(value ?? '')]),
    );
    void readBody(response).then((body): void => {
      const answer: HttpAnswer = { kind: 'answered', status: response.statusCode ?? 0, headers, body };
      resolve(answer);
    });
  });
  socket.on('error', (error) => resolve(failed(error)));
  const result = await promise;
  socket.terminate();
  return result;
}

async function readBody(stream: AsyncIterable<Buffer>): Promise<string> {
  let body = '';
  try {
    for await (const chunk of stream) {
      body += chunk.toString();
      if (body.length > MAX_BODY) break;
    }
  } catch {
    // What was read before the connection broke is enough to tell who answered.
  }
  return body.slice(0, MAX_BODY);
}

async function timedOut(timeoutMs: number): Promise<Failed> {
  const { promise, resolve } = Promise.withResolvers<Failed>();
  setTimeout(
    () => resolve({ kind: 'failed', code: 'ETIMEDOUT', message: 'no answer in time' }),
    timeoutMs,
  ).unref();
  return await promise;
}

/** The answer of a proxy that would not open a tunnel; undici tells it in words only. */
function refusedByProxy(error: unknown): HttpAnswer | undefined {
  const status = error instanceof Error ? /Proxy response \((\d+)\)/.exec(error.message)?.[1] : undefined;
  return status === undefined
    ? undefined
    : { kind: 'answered', status: Number(status), headers: {}, body: 'said by the proxy' };
}

/** The innermost error with a code tells most: undici and the happy-eyeballs connect wrap the cause. */
function failed(error: unknown): Failed {
  const inner =
    error instanceof AggregateError
      ? error.errors[0]
      : error instanceof Error && error.cause
        ? error.cause
        : error;
  for (const candidate of [inner, error]) {
    if (candidate instanceof Error && 'code' in candidate && typeof candidate.code === 'string') {
      return { kind: 'failed', code: candidate.code, message: candidate.message };
    }
  }
  if (error instanceof Error && error.name === 'TimeoutError')
    return { kind: 'failed', code: 'ETIMEDOUT', message: error.message };
  const message = error instanceof Error ? error.message : String(error);
  return { kind: 'failed', code: /handshake has timed out/.test(message) ? 'ETIMEDOUT' : 'ERROR', message };
}
