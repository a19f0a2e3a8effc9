/** When a book is audited, what comes of each answer, and that nothing is asked for ever of who cannot answer. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AuditWorld, bookCheck } from './audit-world.ts';

const same = { bids: [[100, 1]], asks: [[101, 1]] } as const;
const other = { bids: [[100, 2]], asks: [[101, 1]] } as const;

describe('the turn', () => {
  it('goes round all books, one at a time, none more often than once a minute', () => {
    const world = new AuditWorld();
    for (const symbol of ['AAAUSDT', 'BBBUSDT', 'CCCUSDT']) world.follow(symbol);
    const times: number[] = [];
    for (let count = 0; count < 9; count += 1) {
      world.untilAsked();
      times.push(world.clock.monoMs());
      const symbol = String(world.asked.at(-1)?.symbol);
      world.answer(bookCheck(100, same, { symbol }));
    }
    const symbols = world.asked.map(({ symbol }) => symbol);
    assert.deepEqual(symbols.slice(0, 3), ['AAAUSDT', 'BBBUSDT', 'CCCUSDT']);
    assert.deepEqual(symbols.slice(3), [...symbols.slice(0, 3), ...symbols.slice(0, 3)]);
    times.forEach((at, index) => {
      assert.ok(at - (times[index - 1] ?? 0) >= world.policy.everyMs || index === 0);
      assert.ok(at - (times[index - 3] ?? 0) >= world.policy.bookEveryMs || index < 3);
    });
    assert.deepEqual(world.counts, { equal: 9, different: 0, unjoined: 0, failed: 0 });
  });

  it('passes over books that are not valid, and over those of a connector that says no sequence', () => {
    const world = new AuditWorld();
    world.follow('AAAUSDT').invalidate('no');
    world.apply(world.follow('BBBUSDT'), { last_update_id: 2 });
    assert.equal(world.pass(600_000).asked.length, 0);
  });

  it('asks for the depth that is followed', () => {
    const world = new AuditWorld();
    world.follow('BTCUSDT', 200);
    const { command, category, symbol, depth } = world.untilAsked().asked[0] ?? {};
    assert.deepEqual([command, category, symbol, depth], ['read_book', 'linear', 'BTCUSDT', 200]);
  });
});

describe('an answer', () => {
  it('is held against the state that had its sequence, although the book went on', () => {
    const world = new AuditWorld();
    const book = world.follow();
    world.untilAsked();
    world.apply(book, { action: 'delta', last_update_id: 2, seq: 110, bids: [[100, 2]], asks: [] });
    world.apply(book, { action: 'delta', last_update_id: 3, seq: 120, bids: [[100, 3]], asks: [] });
    world.answer(bookCheck(110, other));
    assert.equal(world.counts.equal, 1);
    assert.equal(book.state.kind, 'valid');
  });

  it('waits for a state that is still on its way', () => {
    const world = new AuditWorld();
    const book = world.follow();
    world.untilAsked().answer(bookCheck(110, other)).pass(1_000);
    assert.deepEqual(world.counts, { equal: 0, different: 0, unjoined: 0, failed: 0 });
    world.apply(book, { action: 'delta', last_update_id: 2, seq: 110, bids: [[100, 2]], asks: [] });
    world.pass(100);
    assert.equal(world.counts.equal, 1);
  });

  it('that differs at an equal sequence is told with both sides, and the book is fetched anew', () => {
    const world = new AuditWorld();
    world.follow();
    world.untilAsked().answer(bookCheck(100, other)).pass(world.policy.joinWithinMs);
    assert.equal(world.counts.different, 1);
    assert.deepEqual(world.wrong, [
      "BTCUSDT the exchange's own book is different (audit, bid 100: ours 1, theirs 2)",
    ]);
    assert.deepEqual(world.logged, ['book_audit_mismatch']);
    const [sample] = world.audit.view().samples;
    assert.deepEqual(
      [sample?.proof, sample?.seq, sample?.lastUpdateId, sample?.differing, sample?.differences],
      ['same_seq', 100, 1, 1, [{ side: 'bid', price: 100, ours: 1, theirs: 2 }]],
    );
    assert.deepEqual([sample?.ours, sample?.theirs], [same, other]);
  });

  it('between two states proves nothing; a level that is wrong in the same way twice does', () => {
    const world = new AuditWorld();
    const book = world.follow();
    let u = 1;
    const between = (seq: number, theirs: Parameters<typeof bookCheck>[1]) => {
      world.untilAsked().answer(bookCheck(seq, theirs));
      u += 1;
      world.apply(book, { action: 'delta', last_update_id: u, seq: seq + 1, bids: [], asks: [[105, u]] });
      world.pass(100);
    };
    between(150, other);
    assert.deepEqual([world.counts.unjoined, world.wrong.length], [1, 0]);
    const asked = world.clock.monoMs();
    between(250, { ...other, asks: [...other.asks, [105, 2]] });
    assert.ok(world.clock.monoMs() - asked < world.policy.bookEveryMs / 2, 'it is looked at again soon');
    assert.deepEqual([world.counts.different, world.wrong.length], [1, 1]);
    assert.equal(world.audit.view().samples[0]?.proof, 'twice_wrong');
  });

  it('is not suspected of the level that changed between two looks, nor by the same answer twice', () => {
    const world = new AuditWorld();
    world.follow();
    const still = (seq: number, qty: number) =>
      world
        .untilAsked()
        .answer(bookCheck(seq, { bids: [[100, qty]], asks: [[101, 1]] }))
        .pass(world.policy.joinWithinMs);
    still(150, 2);
    still(160, 3);
    still(160, 3);
    assert.deepEqual([world.counts.unjoined, world.wrong.length], [3, 0]);
    still(170, 3);
    assert.deepEqual([world.counts.different, world.wrong.length], [1, 1]);
  });

  it('for another symbol, or for a book that broke meanwhile, proves nothing', () => {
    const world = new AuditWorld();
    const book = world.follow();
    world.untilAsked();
    world.audit.check(bookCheck(100, other, { symbol: 'ETHUSDT' }), world.clock.monoMs());
    book.invalidate('a gap');
    world.answer(bookCheck(100, other)).pass(world.policy.joinWithinMs);
    assert.deepEqual([world.counts.unjoined, world.wrong.length], [1, 0]);
  });

  it('that goes on differing is never left as it is, but after three times in a row it waits for its turn', () => {
    const world = new AuditWorld();
    const book = world.follow();
    const waits: number[] = [];
    for (let round = 1; round <= 6; round += 1) {
      const before = world.clock.monoMs();
      world.untilAsked();
      waits.push(world.clock.monoMs() - before);
      world.answer(bookCheck(100 * round, other)).pass(world.policy.joinWithinMs);
      assert.equal(world.wrong.length, round, 'each time it is withheld and fetched anew');
      world.apply(book, { last_update_id: round + 1, seq: 100 * (round + 1) });
    }
    const { everyMs, bookEveryMs } = world.policy;
    for (const wait of waits.slice(1, 4)) assert.ok(wait <= everyMs, `${wait}`);
    for (const wait of waits.slice(4)) assert.ok(wait > bookEveryMs - 2 * everyMs, `${wait}`);
    world.untilAsked().answer(bookCheck(700, same));
    assert.equal(world.counts.equal, 1);
    world.untilAsked().answer(bookCheck(700, other)).pass(world.policy.joinWithinMs);
    world.apply(book, { last_update_id: 8, seq: 800 });
    const after = world.clock.monoMs();
    world.untilAsked();
    assert.ok(world.clock.monoMs() - after <= everyMs, 'an equal look between makes it new');
  });

  it('keeps no states before the question and after the verdict', () => {
    const world = new AuditWorld();
    const book = world.follow();
    let copies = 0;
    const { watch, unwatch } = { watch: book.watch.bind(book), unwatch: book.unwatch.bind(book) };
    book.watch = (watcher) =>
      watch((copy) => {
        copies += 1;
        watcher(copy);
      });
    book.unwatch = unwatch;
    const push = (u: number) =>
      world.apply(book, { action: 'delta', last_update_id: u, seq: 100 + u, bids: [], asks: [] });
    push(2);
    assert.equal(copies, 0);
    world.untilAsked();
    push(3);
    assert.equal(copies, 2);
    world.answer(bookCheck(103, same));
    push(4);
    assert.deepEqual([copies, world.counts.equal], [2, 1]);
  });
});

describe('no answer', () => {
  const refused = { ok: false, error: 'read_book: no such command', code: 'unknown_command' } as const;

  it('of a connector that does not know the command turns the audit off, and says so once', () => {
    const world = new AuditWorld();
    world.follow();
    world.untilAsked().answer(undefined, refused).pass(600_000);
    assert.equal(world.asked.length, 1);
    assert.deepEqual(world.logged, ['book_audit_off']);
    assert.match(
      world.audit.view().off ?? '',
      /cannot read books for a comparison: read_book: no such command/,
    );
    assert.equal(world.counts.failed, 0);
  });

  it('at all turns it off after three questions, but not where an answer came before', () => {
    const silent = new AuditWorld();
    silent.follow();
    silent.pass(600_000);
    assert.equal(silent.asked.length, 3);
    assert.deepEqual(silent.logged, ['book_audit_off']);
    const world = new AuditWorld();
    world.follow();
    world.untilAsked().answer(bookCheck(100, same)).pass(600_000);
    assert.ok(world.asked.length > 5 && world.counts.failed >= 5);
    assert.equal(world.audit.view().off, null);
  });

  it('in time is not for ever: one that comes late shows that the connector knows the command', () => {
    const failed = { ok: false, error: 'the exchange is down', code: 'request_failed' } as const;
    const world = new AuditWorld();
    world.follow();
    for (let times = 0; times < 4; times += 1) world.untilAsked().pass(30_000).answer(undefined, failed);
    assert.deepEqual([world.audit.view().off, world.counts.failed], [null, 4]);
    const book = new AuditWorld();
    book.follow();
    for (let times = 0; times < 4; times += 1) book.untilAsked().pass(30_000).answer(bookCheck(100, same));
    assert.deepEqual([book.audit.view().off, book.counts.failed], [null, 4]);
    world.untilAsked().answer(bookCheck(100, same));
    assert.equal(world.counts.equal, 1);
    const late = new AuditWorld();
    late.follow();
    late.untilAsked().pass(30_000).answer(undefined, refused).pass(600_000);
    assert.deepEqual([late.asked.length, late.logged], [1, ['book_audit_off']], 'but a late no is a no');
    const slow = new AuditWorld();
    slow.follow();
    slow.pass(600_000).answer(undefined, failed);
    assert.deepEqual(
      [slow.logged, slow.audit.view().off],
      [['book_audit_off'], null],
      'it is never too late',
    );
  });

  it('of one connector says nothing of the next', () => {
    const world = new AuditWorld();
    world.follow();
    world.untilAsked().answer(undefined, refused).audit.childEnded();
    assert.equal(world.audit.view().off, null);
    world.untilAsked().answer(bookCheck(100, same));
    assert.equal(world.counts.equal, 1);
    world.audit.childEnded();
    world.pass(600_000);
    assert.match(world.audit.view().off ?? '', /never answered/, 'that the former one could does not count');
  });

  it('because the exchange failed is counted with its reason, and asked again at the next turn', () => {
    const world = new AuditWorld();
    world.follow();
    const error = 'the exchange did not answer in time';
    world.untilAsked().answer(undefined, { ok: false, error, code: 'request_failed' });
    assert.deepEqual([world.counts.failed, world.audit.view().lastFailure], [1, error]);
    world.untilAsked().answer(bookCheck(100, same));
    assert.deepEqual([world.counts.equal, world.audit.view().off], [1, null]);
  });

  it('is waited for from a child that is gone or does not read', () => {
    const world = new AuditWorld();
    const book = world.follow();
    world.untilAsked();
    world.audit.childEnded();
    world.answer(bookCheck(100, other)).pass(world.policy.joinWithinMs);
    assert.deepEqual(world.counts, { equal: 0, different: 0, unjoined: 0, failed: 0 });
    assert.equal(book.state.kind, 'valid');
    world.reads = false;
    world.pass(600_000);
    assert.ok(world.counts.failed > 5);
    assert.equal(world.audit.view().off, null, 'who does not hear the question cannot answer it');
  });

  it('is no reply of somebody else', () => {
    const world = new AuditWorld();
    world.follow();
    world.untilAsked();
    const replied = (id: string) =>
      world.audit.replied({ type: 'reply', id, ok: true }, world.clock.monoMs());
    assert.deepEqual([replied('sub-1'), replied('audit-99'), replied('audit-1')], [false, true, true]);
  });
});
