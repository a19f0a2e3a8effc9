/** An encrypted front for the simulated exchange, and an HTTP proxy (CONNECT) on the way to it. Loopback only. */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, connect, type Server } from 'node:net';
import path from 'node:path';
import type { Duplex } from 'node:stream';
import { after } from 'node:test';
import { createServer as createTlsServer } from 'node:tls';
import { root } from './processes.ts';

const folder = path.join(root, 'tests', 'fixtures', 'tls');
/** Of the name localhost, signed by itself: programs trust it that are given it in NODE_EXTRA_CA_CERTS. */
export const certificateFile = path.join(folder, 'untrusted-certificate.pem');

/** Listens on a free port of 127.0.0.1 until the end of the file. */
async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.on('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  server.unref();
  after(() => server.close());
  return (server.address() as AddressInfo).port;
}

/** Joins two connections until either ends. */
function join(one: Duplex, other: Duplex): void {
  one.pipe(other).pipe(one);
  for (const [from, to] of [
    [one, other],
    [other, one],
  ] as const) {
    from.on('error', () => to.destroy());
    from.on('close', () => to.destroy());
  }
}

/** Takes encrypted connections to localhost and passes them on, decrypted. Answers its port. */
export function startTlsFront(target: { readonly port: number }): Promise<number> {
  const options = {
    cert: readFileSync(certificateFile),
    key: readFileSync(path.join(folder, 'untrusted-key.pem')),
  };
  return listen(
    createTlsServer(options, (socket) => join(socket, connect({ port: target.port, host: '127.0.0.1' }))),
  );
}

export type Connect = {
  /** Host and port that were asked for. */
  readonly target: string;
  /** The credentials in clear, as `name:password`; undefined when none were sent. */
  readonly credentials: string | undefined;
};

export type ConnectProxy = { readonly port: number; readonly connects: readonly Connect[] };

/** A proxy that writes down each CONNECT, answers 407 to the first `refusals` of them, and joins the others to loopback. */
export async function startProxy(refusals = 0): Promise<ConnectProxy> {
  const connects: Connect[] = [];
  const server = createServer((_request, response) => response.writeHead(501).end());
  server.on('connect', ({ url = '', headers }, socket: Duplex) => {
    const [scheme, sent] = headers['proxy-authorization']?.split(' ') ?? [];
    const credentials =
      scheme === 'Basic' && sent !== undefined ? Buffer.from(sent, 'base64').toString() : undefined;
    connects.push({ target: url, credentials });
    socket.on('error', () => undefined);
    if (connects.length <= refusals) {
      socket.end('HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n');
      return;
    }
    const upstream = connect({ port: Number(url.split(':')[1]), host: '127.0.0.1' }, () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      join(socket, upstream);
    });
    upstream.on('error', () => socket.destroy());
  });
  return { port: await listen(server), connects };
}
