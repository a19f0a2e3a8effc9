/** Questions to stored history: some at a time, some wait, none without end, and what comes back is checked. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { HistoryChildHandlers } from '../../../runner/backfill/ports.ts';
import { StoredTrades } from '../../../runner/stored/stored-trades.ts';
import type { RowsRequest } from '../../../shared/history-request.ts';
import { bitcoin, T0, trade } from '../intake/events.ts';

const request: RowsRequest = { request: 'rows', ...bitcoin, from: T0, to: T0 + 10, limit: 5 };
const policy = { atOnce: 2, waiting: 1, answerWithinMs: 30_000 };
const line = { ...trade({ origin: 'archive' }), source: 'recording' };
const end = { type: 'history_rows', ...bitcoin, from: T0, to: T0 + 10, rows: 1, more: false, missing: [] };

function world(prepared: Promise<boolean> = Promise.resolve(true)) {
  const children: (HistoryChildHandlers & { stopped: number })[] = [];
  const rings = new Set<() => void>();
  const stored = new StoredTrades({
    policy,
    prepare: () => prepared,
    start: (_request, handlers) => {
      const child = { ...handlers, stopped: 0 };
      children.push(child);
      return {
        stop: () => {
          child.stopped += 1;
        },
      };
    },
    after: (_ms, ring) => {
      rings.add(ring);
      return () => rings.delete(ring);
    },
  });
  const say = (at: number, ...lines: readonly unknown[]) => {
    for (const one of lines) children[at]?.onLine(typeof one === 'string' ? one : JSON.stringify(one));
  };
  return { stored, children, rings, say };
}

/** What was resolved has been heard of. */
const tick = () => new Promise(setImmediate);

describe('stored trades', () => {
  it('are read only when what was told is written, and not at all where nothing is stored', async () => {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const late = world(promise);
    const asked = late.stored.ask(request);
    await tick();
    assert.equal(late.children.length, 0);
    resolve(true);
    await tick();
    assert.equal(late.children.length, 1);
    late.say(0, line, end);
    late.children[0]?.onEnd(null);
    assert.equal((await asked).ok, true);
    const nothing = world(Promise.resolve(false));
    assert.deepEqual(await nothing.stored.ask(request), {
      ok: true,
      value: { rows: [], more: false, about: { from: T0 + 10, to: T0 + 10 }, missing: [] },
    });
    const broken = await world(Promise.reject(new Error('no disk'))).stored.ask(request);
    assert.match(broken.ok ? '' : broken.failure.message, /no disk/);
  });

  it('are given up in time also when the disk hangs', async () => {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const { stored, children, rings } = world(promise);
    const asked = stored.ask(request);
    for (const ring of rings) ring();
    const answer = await asked;
    assert.equal(answer.ok ? undefined : answer.failure.code, 'history_slow');
    resolve(true);
    await tick();
    assert.equal(children.length, 0, 'nobody waits for it any more');
  });

  it('are told with what the answer is about', async () => {
    const { stored, children, rings, say } = world();
    const asked = stored.ask(request);
    await tick();
    say(0, line, end);
    children[0]?.onEnd(null);
    assert.deepEqual(await asked, {
      ok: true,
      value: { rows: [line], more: false, about: { from: T0, to: T0 + 10 }, missing: [] },
    });
    assert.equal(rings.size, 0, 'nothing is left');
  });

  it('are read by two at a time; one waits, and a fourth is refused', async () => {
    const { stored, children, say } = world();
    const asked = [1, 2, 3].map(() => stored.ask(request));
    await tick();
    assert.equal(children.length, 2);
    const fourth = await stored.ask(request);
    assert.equal(fourth.ok ? undefined : fourth.failure.code, 'history_busy');
    for (const at of [0, 1, 2]) {
      say(at, line, end);
      children[at]?.onEnd(null);
      await tick();
    }
    assert.equal(children.length, 3);
    assert.deepEqual(
      (await Promise.all(asked)).map(({ ok }) => ok),
      [true, true, true],
    );
  });

  it('that take too long are given up with their child, and so is who waits', async () => {
    const { stored, children, rings } = world();
    const asked = [1, 2, 3].map(() => stored.ask(request));
    await tick();
    for (const ring of rings) ring();
    for (const answer of await Promise.all(asked))
      assert.equal(answer.ok ? undefined : answer.failure.code, 'history_slow');
    assert.deepEqual(
      children.map(({ stopped }) => stopped),
      [1, 1],
    );
    children[0]?.onEnd('signal');
    assert.equal(children.length, 2, 'nobody waits any more');
  });

  it('that cannot be read say why', async () => {
    const error = { type: 'error', error: 'the disk is gone', code: 'read_failed', retryable: true, at: T0 };
    const cases: readonly [RegExp, readonly unknown[], string | null][] = [
      [/the disk is gone/, [error], 'history ended with exit code 75'],
      [/exit code 70/, [], 'history ended with exit code 70'],
      [/without an answer/, [line], null],
      [/nobody understands/, ['{', end], null],
      [/nobody understands/, [{ ...line, price: -1 }, end], null],
      [/2 trades of which 1 came/, [line, { ...end, rows: 2 }], null],
    ];
    for (const [words, lines, ended] of cases) {
      const { stored, children, say } = world();
      const asked = stored.ask(request);
      await tick();
      say(0, ...lines);
      children[0]?.onEnd(ended);
      const answer = await asked;
      assert.match(
        answer.ok ? '' : `${answer.failure.code} ${answer.failure.message}`,
        new RegExp(`history_failed.*${words.source}`),
      );
    }
  });

  it('are not asked for by a runner that stops', async () => {
    const { stored, children } = world();
    const asked = [1, 2, 3].map(() => stored.ask(request));
    await tick();
    stored.stop();
    for (const answer of [...(await Promise.all(asked)), await stored.ask(request)])
      assert.match(answer.ok ? '' : answer.failure.message, /the runner is stopping/);
    assert.deepEqual(
      children.map(({ stopped }) => stopped),
      [1, 1],
    );
  });
});
