/** A fetch whose program is killed again and again: what is left is always a beginning of the file, and the last program ends it. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { after, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { startProgram, temporaryFolder } from '../../../helpers/processes.ts';
import { until } from '../../../helpers/until.ts';

const content = gzipSync(
  Buffer.concat(
    Array.from({ length: 20_000 }, (_, count) => createHash('sha256').update(`${count}`).digest()),
  ),
);
const tag = '"v1"';
const piece = 8_192;

/** Sends a piece, and the next one when the test says so: how far a fetch comes does not depend on how fast anybody is. */
class Host {
  readonly ranges: (string | undefined)[] = [];
  #open: { readonly response: ServerResponse; from: number } | undefined;
  readonly #server = createServer((request, response) => {
    const { range } = request.headers;
    this.ranges.push(range);
    const from = Number(/\d+/.exec(range ?? '')?.[0] ?? 0);
    response.writeHead(from === 0 ? 200 : 206, {
      etag: tag,
      'content-length': content.length - from,
      ...(from === 0 ? {} : { 'content-range': `bytes ${from}-${content.length - 1}/${content.length}` }),
    });
    this.#open = { response, from };
  });

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    after(() => {
      this.#server.closeAllConnections();
      this.#server.close();
    });
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/day.csv.gz`;
  }

  /** The next piece of the present answer, if there is one. */
  send(): void {
    const open = this.#open;
    if (open === undefined || open.response.destroyed) return;
    open.response.write(content.subarray(open.from, open.from + piece));
    open.from += piece;
  }
}

it('killed at any moment it leaves a beginning, and the next program goes on from there', async () => {
  const host = new Host();
  const url = await host.start();
  const file = path.join(temporaryFolder(), 'day.csv.gz');
  const size = () => (existsSync(file) ? statSync(file).size : 0);
  const start = () => startProgram(['tests/connector/history/polite/fetching-child.ts', url, file]);
  for (const goal of [1, 100_000, 250_000, 400_000]) {
    const program = start();
    await until(`${goal} bytes are there`, () => {
      host.send();
      return size() >= goal;
    });
    await program.stop('SIGKILL');
    const left = readFileSync(file);
    assert.ok(left.equals(content.subarray(0, left.length)), 'a beginning of the file, and nothing else');
    assert.ok(existsSync(`${file}.resume`));
  }
  const reached = size();
  const program = start();
  await until('it is told what came of it', () => {
    host.send();
    return program.stdout.length > 0;
  });
  assert.equal(await program.ended, 0);
  const { value } = JSON.parse(program.stdout[0] ?? '') as { value: { sha256: string; resumedFrom: number } };
  assert.equal(value.resumedFrom, reached);
  assert.equal(value.sha256, createHash('sha256').update(content).digest('hex'));
  assert.ok(readFileSync(file).equals(content));
  assert.equal(existsSync(`${file}.resume`), false);
  assert.equal(host.ranges[0], undefined);
  assert.equal(host.ranges.at(-1), `bytes=${reached}-`);
});
