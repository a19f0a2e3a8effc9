/** An exchange without a network: texts to each socket are kept in lists, and time moves when the test says so. */

import { answerControl } from '../../../connector/exchange/control/control.ts';
import type { ExchangeOptions } from '../../../connector/exchange/exchange.ts';
import { Exchange } from '../../../connector/exchange/exchange.ts';
import type { Connection } from '../../../connector/exchange/feeds/connections.ts';
import type { Category } from '../../../connector/exchange/market/instruments.ts';
import type { HttpAnswer } from '../../../connector/exchange/rest/rest.ts';
import { Rest } from '../../../connector/exchange/rest/rest.ts';
import type { Frame, TradeRow } from './naive-client.ts';

const START = 1_700_000_000_000;

export type Client = {
  readonly connection: Connection;
  /** Every text so far, oldest first. */
  readonly texts: string[];
  readonly send: (message: unknown) => void;
  readonly frames: (topic: string) => Frame[];
  readonly trades: (symbol: string) => TradeRow[];
};

export class Harness {
  readonly exchange: Exchange;
  readonly rest: Rest;
  readonly terminated: Connection[] = [];
  /** Close frames, as [code, reason]. */
  readonly closed: [number, string][] = [];
  private readonly texts = new Map<Connection, string[]>();
  private elapsed = 0;
  private readonly sockets = {
    send: (to: Iterable<Connection>, text: string) => {
      for (const connection of to) this.texts.get(connection)?.push(text);
    },
    terminate: (connection: Connection) => {
      this.terminated.push(connection);
      this.exchange.disconnect(connection);
    },
    close: (connection: Connection, code: number, reason: string) => {
      this.closed.push([code, reason]);
      this.exchange.disconnect(connection);
    },
  };

  constructor(options: Partial<ExchangeOptions> = {}) {
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
    this.exchange = new Exchange(all, { sockets: this.sockets, journal: undefined }, this.now);
    this.rest = new Rest(this.exchange);
  }

  get now() {
    return { unix: START + this.elapsed, mono: this.elapsed };
  }

  /** Lets time pass in turns of 5 ms. */
  pass(ms: number): void {
    for (let left = ms; left > 0; left -= 5) {
      this.elapsed += Math.min(5, left);
      this.exchange.turn(this.now);
    }
  }

  connect(category: Category, ...topics: string[]): Client {
    const connection = this.exchange.connect(category);
    const texts: string[] = [];
    this.texts.set(connection, texts);
    const send = (message: unknown) =>
      this.exchange.receive(
        connection,
        typeof message === 'string' ? message : JSON.stringify(message),
        this.now,
      );
    const parsed = (topic: string) =>
      texts.filter((text) => text.startsWith(`{"topic":"${topic}"`)).map((text) => JSON.parse(text));
    if (topics.length > 0) send({ op: 'subscribe', args: topics });
    return {
      connection,
      texts,
      send,
      frames: parsed,
      trades: (symbol) => parsed(`publicTrade.${symbol}`).flatMap((frame) => frame.data),
    };
  }

  /** GET of Bybit's REST. */
  get(
    path: string,
    address = '127.0.0.1',
  ): { readonly answer: HttpAnswer; readonly json: () => Record<string, unknown> } {
    const url = new URL(path, 'http://exchange');
    const answer = this.rest.answer(
      { method: 'GET', path: url.pathname, query: url.searchParams, address, body: '' },
      this.now,
    );
    return { answer, json: () => JSON.parse(answer.body) };
  }

  /** A request to /sim. */
  control(
    method: string,
    path: string,
    body: unknown = undefined,
  ): { readonly status: number; readonly json: Record<string, unknown> } {
    const url = new URL(path, 'http://exchange');
    const answer = answerControl(
      this.exchange,
      this.sockets,
      () => ({}),
      {
        method,
        path: url.pathname,
        query: url.searchParams,
        address: '',
        body: typeof body === 'string' ? body : JSON.stringify(body ?? {}),
      },
      this.now,
    );
    return { status: answer.status, json: JSON.parse(answer.body) };
  }

  fault(fault: Record<string, unknown>): Record<string, unknown> {
    const { status, json } = this.control('POST', '/sim/faults', fault);
    if (status !== 200) throw new Error(JSON.stringify(json));
    return json;
  }
}
