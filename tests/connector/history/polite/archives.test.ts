/** Fetching files, from hosts on loopback that behave and that do not. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { DownloadProgress, DownloadWish } from '../../../../connector/history/polite/downloads.ts';
import { type Archives, openArchives } from '../../../../connector/history/polite/io/archives.ts';
import { openDispatcher } from '../../../../connector/io/rest-http.ts';
import { historyPolicy } from '../../../../shared/history-policy.ts';
import { systemClock } from '../../../../shared/io/clock.ts';
import { scaledPolicy } from '../../../../shared/policy.ts';
import { startProxy } from '../../../helpers/tls-proxy.ts';
import { until } from '../../../helpers/until.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'towline-archives-'));
after(() => rmSync(folder, { recursive: true }));
const clock = systemClock(2_000, () => undefined);
const quick = historyPolicy(0.01);
const policy = { ...scaledPolicy(0.01).rest, ...quick.rest, ...quick.archive, idleMs: 2_000 };

/** Bytes that cannot be packed further: 300 KB of them. */
const content = gzipSync(
  Buffer.concat(
    Array.from({ length: 9_000 }, (_, count) => createHash('sha256').update(`${count}`).digest()),
  ),
);
const digest = createHash('sha256').update(content).digest('hex');

function open(changed: Partial<typeof policy> = {}, proxyUrl?: string): Archives {
  const all = { ...policy, ...changed };
  const dispatcher = openDispatcher({ proxyUrl, connections: 4, timeoutMs: 2_000 });
  const archives = openArchives(all, { clock, random: Math.random, dispatcher });
  after(async () => {
    archives.close();
    await dispatcher.destroy();
  });
  return archives;
}

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/day.csv.gz`;
}

/** A static host: the file with its length, tag and date, and ranges of it. `meddle` may take an answer over. */
function host(
  meddle: (request: IncomingMessage, response: ServerResponse, count: number) => boolean,
  tag = '"v1"',
) {
  const asked: (string | undefined)[] = [];
  const listener: RequestListener = (request, response) => {
    asked.push(request.headers.range);
    if (meddle(request, response, asked.length)) return;
    const have = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? Number.NaN);
    const isRest = request.headers['if-range'] === tag && have < content.length;
    const rest = isRest ? content.subarray(have) : content;
    response.writeHead(isRest ? 206 : 200, {
      'content-length': rest.length,
      etag: tag,
      'last-modified': 'Mon, 10 Aug 2026 08:00:00 GMT',
      ...(isRest ? { 'content-range': `bytes ${have}-${content.length - 1}/${content.length}` } : {}),
    });
    response.end(rest);
  };
  return { asked, listener };
}

/** Answers that end as soon as something of them has reached the disk: what is still on its way is lost with a connection. */
const doomed: ServerResponse[] = [];
const onProgress = (): void => {
  for (const response of doomed.splice(0)) response.destroy();
};

/** Sends the beginning and cuts the connection when the client has some of it. */
function cut(
  response: ServerResponse,
  length: number,
  headers: Record<string, string> = { etag: '"v1"' },
): true {
  response.writeHead(200, { 'content-length': content.length, ...headers });
  response.write(content.subarray(0, length));
  doomed.push(response);
  return true;
}

let files = 0;
const newFile = () => {
  files += 1;
  return path.join(folder, `${files}.csv.gz`);
};
const code = (result: Awaited<ReturnType<Archives['download']>>) =>
  result.ok ? 'ok' : `${result.failure.code}: ${result.failure.message}`;

function assertWhole(file: string): void {
  assert.ok(readFileSync(file).equals(content), 'the file is what the host has');
  assert.equal(existsSync(`${file}.resume`), false, 'the note is gone');
}

describe('a file', () => {
  it('is streamed to the disk, with its checksum and its progress', async () => {
    const { listener } = host(() => false);
    const archives = open();
    const wish: DownloadWish & { readonly seen: DownloadProgress[] } = {
      url: await serve(listener),
      file: newFile(),
      seen: [],
      onProgress: (progress) => wish.seen.push(progress),
    };
    const result = await archives.download(wish);
    assert.deepEqual(result, {
      ok: true,
      value: {
        bytes: content.length,
        sha256: digest,
        resumedFrom: 0,
        etag: '"v1"',
        lastModified: 'Mon, 10 Aug 2026 08:00:00 GMT',
      },
    });
    assertWhole(wish.file);
    assert.deepEqual(wish.seen.at(-1), { bytes: content.length, total: content.length });
    const { files: whole, bytes, sent, failed, waiting } = archives.counts();
    assert.deepEqual([whole, bytes, sent, failed, waiting], [1, content.length, 1, 0, 0]);
  });

  it('goes on where the connection was lost', async () => {
    const { asked, listener } = host((_, response, count) => count === 1 && cut(response, 100_000));
    const file = newFile();
    const result = await open().download({ url: await serve(listener), file, onProgress });
    assert.ok(result.ok, code(result));
    assertWhole(file);
    assert.equal(result.value.sha256, digest);
    assert.equal(asked[0], undefined);
    assert.match(asked[1] ?? '', /^bytes=\d+-$/);
    assert.equal(asked.length, 2);
  });

  it('goes on also in another process, and says from where', async () => {
    const file = newFile();
    const { asked, listener } = host(() => false);
    const url = await serve(listener);
    writeFileSync(file, content.subarray(0, 5_000));
    writeFileSync(`${file}.resume`, JSON.stringify({ url, etag: '"v1"', total: content.length }));
    const result = await open().download({ url, file });
    assert.ok(result.ok, code(result));
    assert.equal(result.value.resumedFrom, 5_000);
    assert.equal(result.value.sha256, digest);
    assert.deepEqual(asked, ['bytes=5000-']);
    assertWhole(file);
  });

  it('is not asked for again when all of it is there and only the last word was missing', async () => {
    const file = newFile();
    const { asked, listener } = host(() => false);
    const url = await serve(listener);
    writeFileSync(file, content);
    writeFileSync(`${file}.resume`, JSON.stringify({ url, etag: '"v1"', total: content.length }));
    const result = await open().download({ url, file });
    assert.equal(result.ok && result.value.sha256, digest);
    assert.deepEqual(asked, []);
    assertWhole(file);
  });

  it('is begun anew when the host has another version by now', async () => {
    const { listener } = host(
      (_, response, count) => count === 1 && cut(response, 100_000, { etag: '"v0"' }),
    );
    const file = newFile();
    const result = await open().download({ url: await serve(listener), file, onProgress });
    assert.equal(result.ok && result.value.sha256, digest);
    assertWhole(file);
  });

  it('is begun anew when the host sends another rest than was asked for', async () => {
    const { listener } = host((request, response, count) => {
      if (count === 1) return cut(response, 100_000);
      if (request.headers.range === undefined) return false;
      response.writeHead(206, { 'content-range': `bytes 7-${content.length - 1}/${content.length}` });
      response.end(content.subarray(7));
      return true;
    });
    const file = newFile();
    const result = await open().download({ url: await serve(listener), file, onProgress });
    assert.equal(result.ok && result.value.sha256, digest);
    assertWhole(file);
  });

  it('is begun anew when the host sends the rest of another version, in spite of what was asked', async () => {
    const { listener } = host((request, response, count) => {
      if (count === 1) return cut(response, 100_000);
      const have = Number(/\d+/.exec(request.headers.range ?? '')?.[0] ?? 0);
      if (have === 0) return false;
      const length = content.length - have;
      response.writeHead(206, {
        'content-range': `bytes ${have}-${content.length - 1}/${content.length}`,
        'content-length': length,
        etag: '"v2"',
      });
      response.end(Buffer.alloc(length));
      return true;
    });
    const file = newFile();
    const result = await open().download({ url: await serve(listener), file, onProgress });
    assert.equal(result.ok && result.value.sha256, digest);
    assertWhole(file);
  });

  it('is begun anew without a tag, and where what is there is of another address', async () => {
    const bare = host((_, response, count) => count === 1 && cut(response, 100_000, {}));
    const file = newFile();
    const result = await open().download({ url: await serve(bare.listener), file, onProgress });
    assert.equal(result.ok && result.value.sha256, digest);
    assert.deepEqual(bare.asked, [undefined, undefined]);

    const other = host(() => false);
    const url = await serve(other.listener);
    const strange = newFile();
    writeFileSync(strange, 'something else');
    writeFileSync(`${strange}.resume`, JSON.stringify({ url: `${url}.old`, etag: '"v1"' }));
    assert.equal(code(await open().download({ url, file: strange })), 'ok');
    assert.deepEqual(other.asked, [undefined]);
    assertWhole(strange);
  });

  it('that comes in small pieces between losses is whole in the end: each try that brings something counts', async () => {
    const step = Math.ceil(content.length / 12);
    const { asked, listener } = host((request, response) => {
      const have = Number(/\d+/.exec(request.headers.range ?? '')?.[0] ?? 0);
      const end = Math.min(content.length, have + step);
      if (end === content.length) return false;
      response.writeHead(have === 0 ? 200 : 206, {
        etag: '"v1"',
        'content-length': content.length - have,
        ...(have === 0 ? {} : { 'content-range': `bytes ${have}-${content.length - 1}/${content.length}` }),
      });
      response.write(content.subarray(have, end));
      doomed.push(response);
      return true;
    });
    const file = newFile();
    const result = await open({ outageAfter: 1_000 }).download({
      url: await serve(listener),
      file,
      onProgress,
    });
    assert.equal(result.ok && result.value.sha256, digest, code(result));
    assert.ok(asked.length > 6, String(asked.length));
    assertWhole(file);
  });
});

describe('a failure', () => {
  const fails = async (
    listener: RequestListener,
    changed: Partial<typeof policy> = {},
    wish: Partial<DownloadWish> = {},
  ) => {
    const file = newFile();
    let requests = 0;
    const url = await serve((request, response) => {
      requests += 1;
      listener(request, response);
    });
    const result = await open(changed).download({ url, file, ...wish });
    return { said: code(result), requests, file };
  };

  it('"there is no such file" is told at once', async () => {
    const { said, requests, file } = await fails((_, response) => response.writeHead(404).end('no'));
    assert.match(said, /^not_found: HTTP 404: there is no http:.*day\.csv\.gz$/);
    assert.equal(requests, 1);
    assert.equal(existsSync(file), false);
  });

  it('a shut-out is told at once, and nothing is asked for any more', async () => {
    let requests = 0;
    const url = await serve((_, response) => {
      requests += 1;
      response.writeHead(403).end('access too frequent');
    });
    const archives = open();
    assert.match(code(await archives.download({ url, file: newFile() })), /^banned: HTTP 403/);
    assert.match(
      code(await archives.download({ url, file: newFile() })),
      /^banned: .*nothing is asked for another \d+ s$/,
    );
    assert.equal(requests, 1);
  });

  it('a host in trouble is asked five times', async () => {
    const { said, requests } = await fails((_, response) => response.writeHead(503).end('busy'));
    assert.equal(said, 'unreachable: HTTP 503: busy');
    assert.equal(requests, 5);
  });

  it('a file that ends early is told, and no piece of it is left without a tag', async () => {
    const { said, file } = await fails(
      (_, response) => void cut(response, 100, {}),
      { resumesAtMost: 0, tries: 2 },
      { onProgress },
    );
    assert.match(said, new RegExp(`^truncated: .* after 100 of ${content.length} bytes`));
    assert.equal(existsSync(file), false);
  });

  it('a host that says nothing more is given up', async () => {
    const { said } = await fails(
      (_, response) => response.writeHead(200, { 'content-length': 1_000 }).write(content.subarray(0, 10)),
      { idleMs: 200, tries: 1, resumesAtMost: 0 },
    );
    assert.equal(said, 'timed_out: nothing came for 200 ms, after 10 of 1000 bytes');
  });

  it('a file that is too long is not taken, whether the host says so or not', async () => {
    const honest = await fails(host(() => false).listener, { maxBytes: 1_000 });
    assert.equal(honest.said, `too_long: the file has ${content.length} bytes; 1000 are allowed`);
    const silent = await fails((_, response) => void response.end(content), {}, { maxBytes: 70_000 });
    assert.equal(silent.said, `too_long: the file has ${content.length} bytes; 70000 are allowed`);
    const chunked = await fails(
      (_, response) => {
        response.write(content.subarray(0, 60_000));
        response.end(content.subarray(60_000));
      },
      {},
      { maxBytes: 70_000 },
    );
    assert.equal(chunked.said, 'too_long: the file is longer than 70000 bytes');
    for (const { file, requests } of [honest, silent, chunked]) {
      assert.equal(existsSync(file), false);
      assert.equal(requests, 1);
    }
  });

  it('a page in place of the file is named', async () => {
    const { said, file } = await fails((_, response) => response.end('<html>Welcome to the hotel</html>'), {
      tries: 1,
    });
    assert.equal(said, 'not_gzip: what came is no gzip file: <html>Welcome to the hotel</html>');
    assert.equal(existsSync(file), false);
  });

  it('a full disk is named, and the exchange is not asked again for it', async () => {
    const file = newFile();
    symlinkSync('/dev/full', file);
    let requests = 0;
    const { listener } = host(() => {
      requests += 1;
      return false;
    });
    const result = await open().download({ url: await serve(listener), file, onProgress });
    assert.equal(code(result), `disk_full: the disk is full (${file}): make room and try again`);
    assert.equal(requests, 1);
  });

  it('a folder that is not there is named', async () => {
    const file = path.join(folder, 'missing', 'day.csv.gz');
    const result = await open().download({ url: await serve(host(() => false).listener), file });
    assert.match(code(result), /^write_failed: .*ENOENT/);
  });

  it('nobody at the address, or a proxy that refuses, is named', async () => {
    const url = 'http://127.0.0.1:1/day.csv.gz';
    assert.match(
      code(await open({ tries: 1 }).download({ url, file: newFile() })),
      /^unreachable: connect ECONNREFUSED .*nobody listens/,
    );
    const proxy = await startProxy(1);
    const archives = open({ tries: 1 }, `http://127.0.0.1:${proxy.port}`);
    const good = await serve(host(() => false).listener);
    assert.match(code(await archives.download({ url: good, file: newFile() })), /^unreachable: HTTP 407/);
    assert.equal(code(await archives.download({ url: good, file: newFile() })), 'ok');
  });
});

describe('whoever wants it', () => {
  it('may give it up: what is there stays, nothing is written any more, and the next call goes on', async () => {
    const half = 100_000;
    let isPatient = false;
    const { asked, listener } = host((_, response) => {
      if (isPatient) return false;
      response.writeHead(200, { 'content-length': content.length, etag: '"v1"' });
      response.write(content.subarray(0, half));
      return true;
    });
    const url = await serve(listener);
    const file = newFile();
    const archives = open();
    const given = new AbortController();
    let reached = 0;
    const fetched = archives.download({
      url,
      file,
      signal: given.signal,
      onProgress: ({ bytes }) => {
        reached = bytes;
      },
    });
    await until('some of it is there', () => reached > 0);
    given.abort();
    assert.equal(code(await fetched), 'cancelled: it was cancelled');
    assert.equal(existsSync(`${file}.resume`), true);
    isPatient = true;
    const result = await archives.download({ url, file });
    assert.ok(result.ok && result.value.resumedFrom > 0 && result.value.resumedFrom <= half, code(result));
    assert.equal(asked.at(-1), `bytes=${result.value.resumedFrom}-`);
    assertWhole(file);
  });

  it('gets two at a time, and none twice into one file', async () => {
    const open_: ServerResponse[] = [];
    const url = await serve((_, response) => void open_.push(response));
    const archives = open();
    const names = [newFile(), newFile(), newFile()];
    const all = names.map((file) => archives.download({ url, file }));
    await until('two are out', () => open_.length === 2);
    assert.deepEqual([archives.counts().underWay, archives.counts().waiting], [2, 3]);
    assert.match(
      code(await archives.download({ url, file: names[0] ?? '' })),
      /^write_failed: .* is being fetched already$/,
    );
    for (const response of open_.splice(0)) response.end(content);
    await until('the third is out', () => open_.length === 1);
    for (const response of open_.splice(0)) response.end(content);
    for (const result of await Promise.all(all)) assert.equal(code(result), 'ok');
  });
});
