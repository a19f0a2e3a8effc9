/** The demo as a newcomer meets it: quick, with a page, and gone without a trace however it ends. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { freePort } from '../helpers/free-port.ts';
import { isAlive, type Program, processesOf, startProgram, temporaryFolder } from '../helpers/processes.ts';
import { until } from '../helpers/until.ts';

/** The promise holds for a machine that is not busy otherwise; in the ordinary run other tests run beside this one. */
const firstTradeWithinMs = process.env['PROVE'] === '1' ? 3_000 : 12_000;
const skip = process.platform !== 'linux' && 'reads /proc';

type Demo = Program & { readonly api: string; readonly firstTradeMs: number };

/** `npm run demo` with a port of its own; answers when the first trade is in the API. */
async function startDemo(env: Readonly<Record<string, string>>): Promise<Demo> {
  const port = await freePort();
  const startedAt = performance.now();
  const program = startProgram(['bin/demo.ts'], { PORT: String(port), ...env });
  const api = `http://127.0.0.1:${port}`;
  await until('the first trade is in the API', async () => {
    if (program.child.exitCode !== null) throw new Error(`the demo ended: ${program.stderr.join('\n')}`);
    const answer = await fetch(`${api}/trades?limit=1`).catch(() => undefined);
    return answer?.status === 200 && ((await answer.json()) as readonly unknown[]).length === 1;
  });
  return { ...program, api, firstTradeMs: performance.now() - startedAt };
}

/** Everything that the demo has started: exchange, runner, and the runner's child and watchdog. */
function familyOf(pid: number): readonly number[] {
  const children = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && parentOf(name) === pid)
    .map(Number);
  return children.flatMap((child) => [child, ...familyOf(child)]);
}

function parentOf(name: string): number | undefined {
  try {
    return Number(readFileSync(`/proc/${name}/stat`, 'utf8').split(') ')[1]?.split(' ')[1]);
  } catch {
    return undefined;
  }
}

/** What a process is, by its command line. */
function programOf(pid: number): string {
  const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  const at = words.findIndex((word) => word.endsWith('towline.mjs'));
  return at < 0
    ? (words[0] ?? '')
    : words
        .slice(at + 1, at + 3)
        .join(' ')
        .trim();
}

const family = ['/bin/sh', 'connector/main.ts exchange', 'connector/main.ts stream', 'runner/main.ts'];

test('the demo: a trade within seconds, a page, and SIGTERM ends exchange, runner and child', {
  skip,
}, async (t) => {
  const demo = await startDemo({ DATA_DIR: temporaryFolder() });
  t.diagnostic(`first trade after ${Math.round(demo.firstTradeMs)} ms`);
  assert.ok(demo.firstTradeMs < firstTradeWithinMs, `${Math.round(demo.firstTradeMs)} ms`);
  const page = await fetch(demo.api);
  assert.equal(page.status, 200);
  assert.match(await page.text(), /<title>[^<]*towline/i);
  assert.match(demo.stdout.join('\n'), new RegExp(`page +${demo.api}`), 'it says where the page is');
  const pids = familyOf(demo.pid);
  assert.deepEqual(pids.map(programOf).toSorted(), family);
  assert.equal(await demo.stop('SIGTERM'), 0);
  await nothingIsLeft(pids, 5_000);
});

test('SIGKILL of the demo leaves nothing behind either: runner, child and exchange end by themselves', {
  skip,
}, async () => {
  const demo = await startDemo({ DATA_DIR: temporaryFolder() });
  const pids = familyOf(demo.pid);
  assert.deepEqual(pids.map(programOf).toSorted(), family);
  demo.child.kill('SIGKILL');
  await nothingIsLeft(pids, 10_000);
  await assert.rejects(fetch(`${demo.api}/health`), 'the port is free');
});

test('each demo begins with an empty folder of its own, which Ctrl-C removes: the next one knows nothing of it', {
  skip,
}, async () => {
  const temporary = temporaryFolder();
  const demos = () => readdirSync(temporary).filter((name) => name.startsWith('towline-demo-'));
  const first = await startDemo({ TMPDIR: temporary, DATA_DIR: '' });
  const [folder] = demos();
  assert.ok(folder, 'its data are in the temporary folder');
  assert.ok(readdirSync(path.join(temporary, folder)).includes('towline.db'));
  assert.match(first.stdout.join('\n'), new RegExp(`data +${path.join(temporary, folder)} \\(removed when`));
  assert.equal(await first.stop('SIGINT'), 0);
  assert.deepEqual(demos(), []);
  const second = await startDemo({ TMPDIR: temporary, DATA_DIR: '' });
  const gaps = (await (await fetch(`${second.api}/gaps`)).json()) as readonly { readonly cause: string }[];
  assert.deepEqual(
    gaps.filter(({ cause }) => cause === 'runner_stopped'),
    [],
  );
  assert.equal(await second.stop('SIGTERM'), 0);
  assert.deepEqual(demos(), []);
});

async function nothingIsLeft(pids: readonly number[], withinMs: number): Promise<void> {
  const left = () => pids.filter((pid) => isAlive(pid) || processesOf(pid).length > 0);
  try {
    await until('nothing of the demo is left', () => left().length === 0, withinMs);
  } finally {
    for (const pid of pids.filter(isAlive)) process.kill(pid, 'SIGKILL');
  }
}
