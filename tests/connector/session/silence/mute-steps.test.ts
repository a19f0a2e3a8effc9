/** A topic that stays mute: asked for again, later and later; then a new socket, where it is sure that it should give something. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { scaledPolicy } from '../../../../shared/policy.ts';
import { bookFrame, tradeFrame } from '../../../helpers/bybit-frames.ts';
import { book, SessionHarness, trades } from '../../../helpers/session-harness.ts';

const other = { channel: 'trades', category: 'linear', symbol: 'ETHUSDT' } as const;
const { mute } = scaledPolicy(1);
const bookName = 'orderbook.50.BTCUSDT';
const tradesName = 'publicTrade.BTCUSDT';

/** A minute in which all flows; then one topic of a socket gives nothing, whatever is asked, and the others flow on. */
class MuteWorld {
  readonly harness: SessionHarness;
  /** When the mute topic was asked for, and when a socket was opened, in seconds since it fell mute. */
  readonly asked: number[] = [];
  readonly sockets: number[] = [];
  readonly #isMute: (name: string) => boolean;
  #at = 0;
  #n = 0;

  constructor(name: string) {
    this.harness = new SessionHarness().connect(trades, book, other);
    this.harness.ackAll().frame(bookFrame({ type: 'snapshot', u: 1 }));
    this.#isMute = (one) => one === name;
    this.harness.pass(60_000, () => this.#flow(() => false));
  }

  pass(ms: number): this {
    this.harness.pass(ms, () => this.#flow(this.#isMute));
    return this;
  }

  /** Everything flows again. */
  recover(ms: number): this {
    this.harness.pass(ms, () => this.#flow(() => false));
    return this;
  }

  #flow(isMute: (name: string) => boolean): void {
    const { harness } = this;
    this.#n += 1;
    if (isMute(bookName) || isMute(tradesName)) this.#at += 0.1;
    if (harness.session.socketReport().state === 'connecting') {
      this.sockets.push(Math.round(this.#at));
      harness.session.opened();
    }
    let isBookNew = false;
    for (const { op, args } of harness.sent) {
      if (op !== 'subscribe' || args === undefined) continue;
      isBookNew ||= args.includes(bookName);
      if (args.some(isMute)) this.asked.push(Math.round(this.#at));
    }
    harness.ackAll();
    if (!isMute(bookName))
      harness.frame(bookFrame({ type: isBookNew ? 'snapshot' : 'delta', u: this.#n + 1 }));
    const times = { seq: this.#n, at: 1_750_000_000_000 + this.#n * 100 };
    if (!isMute(tradesName)) harness.frame(tradeFrame([`b${this.#n}`], times));
    // Last: the time of its push is what the socket has come to.
    harness.frame(tradeFrame([`e${this.#n}`], { symbol: 'ETHUSDT', ...times }));
  }
}

describe('a topic that stays mute beside others that flow', () => {
  it('is asked for again, later and later; a book, which must give a snapshot, then costs its socket, ever more seldom', () => {
    const world = new MuteWorld(bookName).pass(1_800_000);
    const [first = 0, second = 0, third = 0] = world.asked;
    assert.ok(first <= 4, `asked for after ${first} s`);
    assert.deepEqual([second - first, third - second], [8, 16]);
    const [socket = 0, next = 0] = world.sockets;
    assert.equal(socket - third, 32);
    assert.ok(next - socket >= mute.socketAgainAfterMs / 1_000, `sockets at ${world.sockets}`);
    assert.ok(world.sockets.length <= 3, `sockets at ${world.sockets}`);
    const gaps = world.harness.ofType('gap').filter(({ channel }) => channel === 'depth');
    assert.deepEqual([new Set(gaps.map(({ gap_id }) => gap_id)).size, gaps[0]?.cause], [1, 'data_silent']);
    const errors = world.harness.ofType('error').filter(({ code }) => code === 'data_silent');
    assert.match(
      errors[0]?.error ?? '',
      /orderbook\.50\.BTCUSDT gives nothing, although it was asked for anew/,
    );
    assert.ok(
      world.harness
        .ofType('status')
        .some(({ status, reason }) => status === 'stale' && /attempt 2/.test(reason ?? '')),
    );
  });

  it('is asked for again and costs no socket where nothing proves that trades are missing', () => {
    const world = new MuteWorld(tradesName).pass(1_800_000);
    assert.deepEqual(world.sockets, []);
    assert.ok(world.asked.length >= 8 && world.asked.length <= 16, `asked for ${world.asked.length} times`);
    const pauses = world.asked.slice(1).map((at, index) => at - (world.asked[index] ?? 0));
    assert.deepEqual(pauses.slice(0, 4), [8, 16, 32, 64]);
    assert.ok(pauses.every((pause) => pause <= mute.againCapMs / 1_000 + 1));
  });

  it('costs the socket where the exchange lists trades that did not come, ever more seldom', () => {
    const world = new MuteWorld(tradesName);
    let answer: (() => void) | undefined;
    world.harness.askNewest = (_symbol, _isUrgent, answered) => {
      const at = world.harness.clock.unixMs();
      const row = { type: 'trade', category: 'linear', symbol: 'BTCUSDT', timestamp: at - 1_200 } as const;
      const facts = { price: 1, qty: 1, side: 'buy', is_buyer_maker: false, id: 'missed', seq: 1e9 } as const;
      answer = () => {
        answer = undefined;
        answered(
          { kind: 'list', rows: [{ ...row, ...facts }], exchangeAt: at },
          world.harness.clock.monoMs(),
        );
      };
      return true;
    };
    for (let passed = 0; passed < 1_800_000; passed += 100) {
      world.pass(100);
      answer?.();
    }
    const [socket = Number.POSITIVE_INFINITY, next = 0] = world.sockets;
    assert.ok(socket <= 120, `sockets at ${world.sockets}`);
    assert.ok(next - socket >= mute.socketAgainAfterMs / 1_000, `sockets at ${world.sockets}`);
    assert.ok(world.sockets.length <= 3, `sockets at ${world.sockets}`);
  });

  it('begins at the first step again once it has flowed', () => {
    const world = new MuteWorld(bookName).pass(20_000).recover(60_000);
    const before = world.asked.length;
    world.pass(14_000);
    const again = world.asked.slice(before);
    assert.deepEqual([again.length, (again[1] ?? 0) - (again[0] ?? 0)], [2, 8]);
    assert.deepEqual(world.sockets, []);
  });
});
