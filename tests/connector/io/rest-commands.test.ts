/** A connector as a process of its own, beside a simulated exchange: what it says when it is asked. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fault, startExchange, startProgram, temporaryFolder } from '../../helpers/processes.ts';
import { until } from '../../helpers/until.ts';

type Line = Readonly<Record<string, unknown>> & { readonly type: string };

function startConnector(url: string, more: Readonly<Record<string, string>> = {}) {
  const program = startProgram(
    ['connector/main.ts', 'stream', '--symbol', 'BTCUSDT', '--environment', 'simulated', '--url', url],
    { TIME_SCALE: '0.2', FLIGHT_RECORDER_MB: '0', ...more },
  );
  const lines = () => program.stdout.map((line) => JSON.parse(line) as Line);
  const ask = async (command: Readonly<Record<string, unknown>> & { readonly id: string }): Promise<Line> => {
    program.child.stdin?.write(`${JSON.stringify(command)}\n`);
    return await until(`there is a reply to ${command.id}`, () =>
      lines().find(({ type, id }) => type === 'reply' && id === command.id),
    );
  };
  return { ...program, lines, ask };
}

test('instruments, a book, and the clock come from the exchange', async () => {
  const exchange = await startExchange('--rate', '50', '--seed', 'rest');
  const connector = startConnector(exchange.websocket);
  const reply = await connector.ask({ command: 'instruments', category: 'spot', id: 'i' });
  assert.equal(reply['ok'], true);
  const lines = connector.lines();
  const behind = lines.slice(lines.findIndex(({ id }) => id === 'i'));
  const instruments = lines.filter(({ type }) => type === 'instrument');
  assert.deepEqual(reply['data'], { count: instruments.length });
  assert.ok(instruments.length > 0 && instruments.every(({ category }) => category === 'spot'));
  assert.equal(
    behind.some(({ type }) => type === 'instrument'),
    false,
    'the reply comes last',
  );

  assert.equal(
    (await connector.ask({ command: 'read_book', symbol: 'BTCUSDT', depth: 200, id: 'b' }))['ok'],
    true,
  );
  const book = connector.lines().find(({ type }) => type === 'book_check');
  assert.equal(Array.isArray(book?.['bids']) && book['bids'].length, 200);
  assert.equal(
    (await connector.ask({ command: 'read_book', symbol: 'NOPEUSDT', id: 'n' }))['code'],
    'request_refused',
  );
  assert.equal((await connector.ask({ command: 'dump', id: 'd' }))['code'], 'unknown_command');

  const beat = await until('the clock is known by a round trip', () =>
    connector.lines().findLast((line) => typeof line['clock_error_ms'] === 'number'),
  );
  assert.ok(
    Math.abs(Number(beat['clock_offset_ms'])) <= Number(beat['clock_error_ms']) + 2,
    JSON.stringify(beat),
  );
});

test('an exchange whose REST does not answer does not disturb the stream, and the log says so once', async () => {
  const exchange = await startExchange('--rate', '200', '--seed', 'rest');
  await fault(exchange, { kind: 'ban', ms: 600_000 });
  const secretly = (url: string): string => url.replace('//', '//user:hunter2@');
  const connector = startConnector(secretly(exchange.websocket), {
    BYBIT_REST_BASE_URL: secretly(exchange.url),
    DATA_DIR: temporaryFolder(),
  });
  const beats = () => connector.lines().filter(({ status }) => status === 'heartbeat');
  await until('some hearts beat', () => beats().length >= 3);
  assert.ok(connector.lines().some(({ type }) => type === 'trade'));
  assert.equal(
    connector.lines().some(({ type }) => type === 'error' || type === 'gap'),
    false,
  );
  assert.equal(connector.stderr.filter((line) => line.includes('rest_unreachable')).length, 1);
  assert.ok(beats().every((beat) => beat['clock_error_ms'] === undefined));
  assert.equal(typeof beats().at(-1)?.['clock_offset_ms'], 'number');
  const reply = await connector.ask({ command: 'instruments', id: 'i' });
  assert.equal(reply['code'], 'ip_banned');
  await connector.stop();
  const told = [...connector.stdout, ...connector.stderr].filter((line) =>
    /@127|rest_unreachable/.test(line),
  );
  assert.ok(told.length >= 3, 'the status of the socket, the start and the ban name the URL');
  for (const line of told) assert.match(line, /\/\/\[censored\]@127/);
  assert.ok([...connector.stdout, ...connector.stderr].every((line) => !line.includes('hunter2')));
});
