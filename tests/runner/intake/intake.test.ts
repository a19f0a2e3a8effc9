import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Intake, type IntakeOptions, type LineJump } from '../../../runner/intake/intake.ts';
import type { TowlineEvent } from '../../../shared/events/event.ts';
import { unixMs } from '../../../shared/time.ts';
import { bitcoin, depth, gap, status, T0, trade } from './events.ts';

const NOW = unixMs(T0 + 50);

function startedIntake({ expected }: Pick<IntakeOptions, 'expected'> = {}) {
  const jumps: LineJump[] = [];
  const refusals: string[] = [];
  const signs: true[] = [];
  const unread: (string | undefined)[] = [];
  const intake = new Intake({ ...bitcoin }, (jump) => jumps.push(jump), {
    expected,
    onRefused: ({ cause }) => refusals.push(cause),
    onSignOfLife: () => signs.push(true),
    onUnread: (line) => unread.push(line),
  });
  intake.childStarted(1);
  const accept = (event: TowlineEvent | object, generation = 1) =>
    intake.accept(JSON.stringify(event), generation, NOW);
  return { intake, jumps, accept, refusals, signs, unread };
}

describe('the intake', () => {
  it('lets valid events pass and counts them by type', () => {
    const { intake, accept } = startedIntake();
    assert.equal(accept(trade())?.type, 'trade');
    assert.equal(accept(depth())?.type, 'depth');
    assert.equal(accept(status('ready'))?.type, 'status');
    const counts = intake.counts();
    assert.equal(counts.lines, 3);
    assert.equal(counts.events.trade, 1);
    assert.equal(counts.events.depth, 1);
    assert.equal(counts.events.status, 1);
  });

  it('takes the minimal lines of the source documents', () => {
    const { accept } = startedIntake();
    const minimal = {
      type: 'trade',
      timestamp: T0,
      price: 1,
      qty: 2,
      side: 'buy',
      is_buyer_maker: false,
      id: 12345,
    };
    const event = accept(minimal);
    assert.ok(event?.type === 'trade');
    assert.deepEqual([event.id, event.category, event.symbol], ['12345', 'linear', 'BTCUSDT']);
    assert.equal(accept({ type: 'status', status: 'connected', connector: 'bybit' })?.type, 'status');
  });

  it('counts bad lines and keeps the last five with a cut sample', () => {
    const { intake } = startedIntake();
    for (let index = 0; index < 7; index += 1) intake.accept(`${index}${'x'.repeat(500)}`, 1, NOW);
    assert.equal(intake.counts().bad_lines, 7);
    assert.equal(intake.counts().last_bad_at, NOW);
    const samples = intake.badLines();
    assert.deepEqual(
      samples.map((sample) => sample.line[0]),
      ['2', '3', '4', '5', '6'],
    );
    assert.ok(samples.every((sample) => sample.line.length === 200 && sample.reason === 'not JSON'));
  });

  it('counts unknown types and unknown fields without making a fuss', () => {
    const { intake, accept } = startedIntake();
    assert.equal(accept({ type: 'weather', n: 1 }), undefined);
    assert.ok(accept({ ...trade(), colour: 'red', n: 2 }));
    const { unknown_types, unknown_fields, bad_lines, jumps } = intake.counts();
    assert.deepEqual(
      { unknown_types, unknown_fields, bad_lines, jumps },
      { unknown_types: 1, unknown_fields: 1, bad_lines: 0, jumps: 0 },
    );
  });

  it('reports a jump of the line number, once, and goes on from there', () => {
    const { intake, jumps, accept } = startedIntake();
    for (const n of [1, 2, 4, 5]) accept(status('heartbeat', { n }));
    assert.deepEqual(jumps, [{ generation: 1, expected: 3, got: 4 }]);
    assert.equal(intake.counts().last_jump_at, NOW);
  });

  it('reports a line number that comes twice', () => {
    const { jumps, accept } = startedIntake();
    for (const n of [1, 2, 2]) accept(status('heartbeat', { n }));
    assert.deepEqual(jumps, [{ generation: 1, expected: 3, got: 2 }]);
  });

  it('says of which lines a trade may be missing: bad ones that speak of one, and numbers that were left out', () => {
    const { intake, accept, unread } = startedIntake();
    const torn = '{"type":"trade","symbol":"BTCUSDT","pri';
    for (const line of ['connecting ...', '{"type":"status","status":1}', torn]) intake.accept(line, 1, NOW);
    assert.deepEqual(unread.splice(0), [torn]);
    intake.childStarted(1);
    for (const n of [1, 2, 5, 5, 6]) accept({ ...status('heartbeat'), n });
    assert.deepEqual(unread, [undefined], 'what comes twice is not missing');
  });

  it('excuses one number for each line that it could not read, and no more', () => {
    const { intake, jumps, accept } = startedIntake();
    accept(status('heartbeat', { n: 1 }));
    intake.accept('garbage', 1, NOW);
    accept(status('heartbeat', { n: 3 }));
    assert.deepEqual(jumps, []);
    intake.accept('garbage', 1, NOW);
    accept(status('heartbeat', { n: 6 }));
    assert.equal(jumps.length, 1);
  });

  it('begins at 1 with each child and refuses lines of a child that has ended', () => {
    const { intake, jumps, accept } = startedIntake();
    accept(status('heartbeat', { n: 1 }));
    intake.childEnded(1);
    assert.equal(accept(trade({ id: 'late' })), undefined);
    intake.childStarted(2);
    assert.equal(accept(trade({ id: 'late' })), undefined);
    assert.ok(accept(status('heartbeat', { n: 1 }), 2));
    assert.deepEqual(jumps, []);
    assert.equal(intake.counts().late_lines, 2);
  });

  it('drops a trade that is told again, also by the next child', () => {
    const { intake, accept } = startedIntake();
    assert.ok(accept(trade({ id: 'x' })));
    assert.equal(accept(trade({ id: 'x' })), undefined);
    intake.childStarted(2);
    assert.equal(accept(trade({ id: 'x' }), 2), undefined);
    assert.ok(accept(trade({ id: 'x', symbol: 'ETHUSDT' }), 2), 'another symbol has ids of its own');
    assert.equal(intake.counts().duplicates, 2);
  });

  it('refuses a live trade that is older than a full memory, but not a healed one', () => {
    const { intake, accept } = startedIntake();
    for (let index = 0; index < 1_024; index += 1)
      accept(trade({ id: `t${index}`, timestamp: T0 + index, seq: index }));
    assert.equal(accept(trade({ id: 'old', timestamp: T0 - 1, seq: -1 })), undefined);
    assert.equal(accept(trade({ id: 'old too', timestamp: T0, seq: -1 })), undefined);
    assert.equal(intake.counts().too_old, 2);
    assert.ok(accept(trade({ id: 'healed', timestamp: T0 - 1, seq: -1, origin: 'healed' })));
    assert.equal(accept(trade({ id: 'healed', timestamp: T0 - 1, seq: -1, origin: 'healed' })), undefined);
    assert.ok(accept(trade({ id: 'same moment', timestamp: T0, seq: 0 })));
  });

  it('is not blinded by trades with a time far in the future', () => {
    const { intake, accept } = startedIntake();
    for (let index = 0; index < 5; index += 1) accept(trade({ id: `f${index}`, timestamp: T0 * 2 }));
    for (let index = 0; index < 3_000; index += 1)
      assert.ok(accept(trade({ id: `t${index}`, timestamp: T0 + index })));
    assert.equal(intake.counts().too_old, 0);
    assert.equal(intake.counts().skewed, 5);
  });

  it('refuses a child of another environment, tells why once, and is deaf to it from then on', () => {
    const { intake, accept, refusals, signs } = startedIntake({ expected: { environment: 'mainnet' } });
    assert.equal(accept(status('ready', { environment: 'testnet' })), undefined);
    assert.deepEqual(refusals, ['wrong_environment']);
    const heard = signs.length;
    assert.equal(accept(trade({ id: 'x' })), undefined);
    assert.equal(accept(status('ready', { environment: 'mainnet' })), undefined, 'no second chance');
    assert.deepEqual([refusals.length, signs.length, intake.counts().late_lines], [1, heard, 2]);
    intake.childStarted(2);
    assert.ok(accept(status('ready', { environment: 'mainnet' }), 2));
    assert.ok(accept(trade({ id: 'x' }), 2), 'nothing of the first child is remembered');
  });

  it('refuses a child whose `ready` is bad in our protocol because it is of another one', () => {
    const { intake, accept, refusals } = startedIntake({});
    assert.equal(accept({ type: 'status', status: 'ready', protocol: 2, at: 'yesterday' }), undefined);
    assert.deepEqual([refusals, intake.counts().bad_lines], [['wrong_protocol'], 1]);
  });

  it('lets all children of one environment share the memory of ids', () => {
    const { intake, accept } = startedIntake({});
    assert.ok(accept(trade({ id: 'x' })));
    accept(status('ready', { environment: 'simulated' }));
    assert.equal(accept(trade({ id: 'x' })), undefined);
    intake.childStarted(2);
    accept(status('ready', { environment: 'simulated' }), 2);
    assert.equal(accept(trade({ id: 'x' }), 2), undefined);
  });

  it('takes no data of a child that has not said who it is, where that matters, and counts them', () => {
    const { intake, accept } = startedIntake({ expected: { environment: 'mainnet' } });
    assert.equal(accept(trade({ id: 'x' })), undefined);
    assert.equal(accept(depth()), undefined);
    assert.equal(accept(gap()), undefined);
    assert.ok(
      accept({ type: 'error', error: 'I cannot reach it' }),
      'what it has to say about itself passes',
    );
    assert.ok(accept(status('connecting')));
    assert.equal(intake.counts().early_events, 3);
    assert.ok(accept(status('connected')));
    assert.ok(accept(trade({ id: 'x' })), 'it was not remembered as seen');
  });

  it('lets each id pass exactly once in any interleaving with repetitions', () => {
    const walk = fc.array(fc.record({ id: fc.nat(40), late: fc.nat(5) }), { maxLength: 300, size: 'max' });
    fc.assert(
      fc.property(walk, (told) => {
        const { intake, accept } = startedIntake();
        const passed = told.flatMap(({ id, late }) => {
          const event = accept(trade({ id: `t${id}`, timestamp: T0 + id - late, seq: id }));
          return event?.type === 'trade' ? [event.id] : [];
        });
        assert.deepEqual(passed.toSorted(), [...new Set(told.map(({ id }) => `t${id}`))].toSorted());
        assert.equal(intake.counts().duplicates, told.length - passed.length);
      }),
    );
  });

  it('never throws, whatever a line says', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (line) => {
        const { intake } = startedIntake();
        intake.accept(line, 1, NOW);
        assert.equal(intake.counts().lines, 1);
      }),
    );
  });
});
