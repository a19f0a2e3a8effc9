/** The API on fake ports, asked without a socket. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import type { z } from 'zod';
import type { AccessPolicy } from '../../../runner/api/access.ts';
import { buildApi } from '../../../runner/api/io/api-server.ts';
import type { ApiPorts } from '../../../runner/api/ports.ts';
import { type FakeWorld, fakePorts, fakeWorld } from './fake-ports.ts';

export const localAccess: AccessPolicy = { host: '127.0.0.1', allowedNames: [], token: undefined };

export type Answer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly text: string;
  readonly body: unknown;
};
export type Asked = {
  readonly method?: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE' | 'PATCH' | 'OPTIONS';
  readonly headers?: Readonly<Record<string, string>>;
  readonly remoteAddress?: string;
  readonly payload?: string;
};

/** `bugs` collects what was thrown by our own fault; it must be empty at the end unless the test emptied it. */
export async function openApi(
  t: TestContext,
  options: { access?: AccessPolicy; ports?: (ports: ApiPorts) => ApiPorts } = {},
) {
  const world: FakeWorld = fakeWorld();
  const bugs: unknown[] = [];
  const ports = fakePorts(world);
  const app = await buildApi({
    ports: options.ports?.(ports) ?? ports,
    access: options.access ?? localAccess,
    version: '0.0.0',
    onBug: (error) => bugs.push(error),
  });
  t.after(() => app.close());
  t.after(() => assert.deepEqual(bugs, []));
  const ask = async (url: string, asked: Asked = {}): Promise<Answer> => {
    const response = await app.inject({
      url,
      method: asked.method ?? 'GET',
      headers: { host: 'localhost:8000', ...asked.headers },
      ...(asked.remoteAddress === undefined ? {} : { remoteAddress: asked.remoteAddress }),
      ...(asked.payload === undefined ? {} : { payload: asked.payload }),
    });
    return {
      status: response.statusCode,
      headers: response.headers as Answer['headers'],
      text: response.body,
      body: parse(response.body),
    };
  };
  return { app, world, bugs, ask };
}

/** The body has exactly the fields of the schema, no more and no less. */
export function assertPayload<S extends z.ZodType>(schema: S, body: unknown): z.output<S> {
  const parsed = schema.parse(body);
  assert.deepEqual(body, parsed, 'the answer has fields that its schema does not know');
  return parsed;
}

/** A refusal in the one shape, whose message holds all of `words`. */
export function assertRefused(answer: Answer, status: number, code: string, ...words: string[]): void {
  assert.equal(answer.status, status, answer.text);
  const { error } = answer.body as { error: { code: string; message: string } };
  assert.deepEqual(Object.keys(answer.body as object), ['error']);
  assert.equal(error.code, code);
  for (const word of words) assert.ok(error.message.includes(word), `"${error.message}" lacks "${word}"`);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
