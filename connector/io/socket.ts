/**
 * WebSocket clients, one generation at a time: opening a new socket silences the former one for good.
 *
 * Compression is off (the documentation says nothing of it) and frames are bounded. An HTTP proxy from the environment is
 * honoured for remote hosts. What the library throws or reports becomes a code and a sentence.
 */
import type { IncomingMessage } from 'node:http';
import { HttpsProxyAgent } from 'https-proxy-agent';
import { WebSocket } from 'ws';
import type { ErrorCode } from '../../shared/errors.ts';
import type { Millis } from '../../shared/time.ts';
import { explainUpgradeRefusal } from '../bybit/upgrade-refusal.ts';
import { explainConnectFailure } from '../connect-failure.ts';

/** A book of 1,000 levels is about 60 kB; a batch of 1,024 trades about 200 kB. */
const MAX_FRAME_BYTES = 16 * 1024 * 1024;
/** Of a refusal's page: enough to tell which kind it is. */
const MAX_REFUSAL_LENGTH = 4_000;

export type SocketHandlers = {
  readonly onOpen: () => void;
  /** As UTF-8, which was checked. */
  readonly onFrame: (bytes: Buffer) => void;
  /** Comes once per socket, whatever ended it. */
  readonly onLost: (code: ErrorCode, reason: string) => void;
};

export type SocketSlot = {
  readonly open: (url: string) => void;
  readonly send: (text: string) => void;
  readonly close: () => void;
};

export type SocketOptions = { readonly handshakeTimeoutMs: Millis; readonly proxyUrl: string | undefined };

/** A place for one socket. */
export function socketSlot(handlers: SocketHandlers, options: SocketOptions): SocketSlot {
  let current: WebSocket | undefined;
  const through =
    options.proxyUrl === undefined ? '' : ` (through the proxy ${new URL(options.proxyUrl).host})`;

  const drop = (): void => {
    const socket = current;
    current = undefined;
    if (socket === undefined) return;
    socket.removeAllListeners();
    socket.on('error', () => undefined); // a socket that dies while being thrown away has nothing to tell
    socket.terminate();
  };

  const open = (url: string): void => {
    drop();
    const socket = new WebSocket(url, {
      perMessageDeflate: false,
      maxPayload: MAX_FRAME_BYTES,
      handshakeTimeout: options.handshakeTimeoutMs,
      ...(options.proxyUrl === undefined ? {} : { agent: new HttpsProxyAgent(options.proxyUrl) }),
    });
    current = socket;
    let wasOpen = false;
    const lost = (code: ErrorCode, reason: string): void => {
      if (current !== socket) return;
      drop();
      handlers.onLost(code, reason);
    };
    socket.on('open', () => {
      wasOpen = true;
      handlers.onOpen();
    });
    socket.on('message', handlers.onFrame);
    let tellRefusal: (() => void) | undefined;
    socket.on('unexpected-response', (_request, response) => {
      let body = '';
      tellRefusal = () => {
        const { code, reason } = explainUpgradeRefusal(response.statusCode ?? 0, body, serverOf(response));
        lost(code, `${reason}${through}`);
      };
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        body += chunk;
        if (body.length > MAX_REFUSAL_LENGTH) tellRefusal?.();
      });
      response.on('error', () => undefined);
      response.on('close', tellRefusal);
    });
    socket.on('error', (error) => {
      if (wasOpen) lost('socket_lost', error.message);
      else if (tellRefusal !== undefined) tellRefusal();
      else lost('connect_failed', `${explainConnectFailure(error)}${through}`);
    });
    socket.on('close', (code, reason) =>
      lost(
        'socket_lost',
        `closed by the other side, code ${code}${reason.length > 0 ? `, ${reason.toString()}` : ''}`,
      ),
    );
  };

  return {
    open,
    close: drop,
    send: (text) => {
      if (current?.readyState === WebSocket.OPEN) current.send(text);
    },
  };
}

/** What the answering server calls itself: a content network says so here. */
function serverOf({ headers }: IncomingMessage): string {
  return String(headers['server'] ?? '');
}
