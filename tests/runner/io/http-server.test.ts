import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import Fastify from 'fastify';
import { listen } from '../../../runner/io/http-server.ts';
import { findPortHolder } from '../../../runner/io/port-holder.ts';

const noLinux = process.platform === 'linux' ? false : 'only Linux tells who holds a port';
/** Holds a port until its stdin ends; it prints the port. */
const holder =
  'const server = require("node:net").createServer().listen(0, "127.0.0.1", () => console.log(server.address().port)); process.stdin.resume().on("end", () => process.exit(0))';

test('it listens on a free port, says which, and lets go of it', async () => {
  const first = await listen(Fastify(), { host: '127.0.0.1', port: 0 });
  assert.ok(first.ok);
  const { port, url, close } = first.value;
  assert.equal(url, `http://127.0.0.1:${port}`);
  assert.equal((await fetch(url)).status, 404);
  await close();
  const again = await listen(Fastify(), { host: '127.0.0.1', port });
  assert.ok(again.ok);
  await again.value.close();
});

test('a taken port is a failure that names the port and its holder', { skip: noLinux }, async (t) => {
  const child = spawn(process.execPath, ['-e', holder, '--', '--token=secret', '--api-key', 'secret'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  t.after(() => child.stdin.end());
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  const port = Number(line);
  const app = Fastify();
  const result = await listen(app, { host: '127.0.0.1', port });
  await app.close();
  assert.ok(!result.ok);
  assert.equal(result.failure.code, 'resource_taken');
  for (const word of [
    String(port),
    `process ${child.pid}`,
    process.execPath,
    '--token=... --api-key ...',
    'another PORT',
  ]) {
    assert.ok(result.failure.message.includes(word), `"${result.failure.message}" lacks "${word}"`);
  }
  assert.ok(!result.failure.message.includes('secret'));
  child.stdin.end();
  await once(child, 'exit');
  assert.equal(findPortHolder(port), undefined);
});

test('the holder of an IPv6 port is found too', { skip: noLinux }, async (t) => {
  const server = createServer();
  try {
    server.listen(0, '::1');
    await once(server, 'listening');
  } catch {
    t.skip('no IPv6 here');
    return;
  }
  t.after(() => server.close());
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  assert.equal(findPortHolder(address.port)?.pid, process.pid);
});

test('a HOST that is not ours is named as such', async () => {
  for (const host of ['192.0.2.1', 'no such host', 'nowhere.invalid']) {
    const app = Fastify();
    const result = await listen(app, { host, port: 0 });
    await app.close();
    assert.ok(!result.ok, host);
    assert.equal(result.failure.code, 'config_invalid');
    assert.ok(result.failure.message.includes(`HOST "${host}"`), result.failure.message);
  }
});

test('a port that needs privileges is named as such', async () => {
  const app = Fastify();
  // Root may take any port, so the refusal of the kernel is given by hand.
  app.listen = () => Promise.reject(Object.assign(new Error('listen EACCES'), { code: 'EACCES' })) as never;
  const result = await listen(app, { host: '127.0.0.1', port: 80 });
  await app.close();
  assert.ok(!result.ok);
  assert.equal(result.failure.code, 'config_invalid');
  assert.ok(result.failure.message.includes('PORT 80') && result.failure.message.includes('1024'));
});
