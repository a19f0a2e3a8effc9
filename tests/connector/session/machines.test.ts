/** The tables hold: random walks never leave them, every state is reached, and wishes and facts meet in the end. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  type BookSyncState,
  bookSyncTable,
  emptyBook,
  stepBookSync,
} from '../../../connector/session/feeds/book-sync.ts';
import {
  type ConnectionEvent,
  type ConnectionState,
  connectionTable,
  stepConnection,
} from '../../../connector/session/sockets/connection.ts';
import { subscriptionTable } from '../../../connector/session/subscriptions/subscription-table.ts';
import { type Subscription, Subscriptions } from '../../../connector/session/subscriptions/subscriptions.ts';
import type { Topic } from '../../../shared/market.ts';
import { scaledPolicy } from '../../../shared/policy.ts';
import { assertLegal } from '../../../shared/state-table.ts';
import { monoMs } from '../../../shared/time.ts';

const policy = scaledPolicy(1).connection;

test('a connection never leaves its table, opens one socket at a time, and reaches every state', () => {
  const seen = new Set<string>();
  const moves = fc.array(
    fc.tuple(
      fc.constantFrom('start', 'held', 'stop', 'opened', 'lost', 'pong', 'tick', 'stalled'),
      fc.nat(20_000),
      fc.double({ min: 0, max: 0.999, noNaN: true }),
    ),
    {
      maxLength: 300,
      size: 'max',
    },
  );
  fc.assert(
    fc.property(moves, (steps) => {
      let state: ConnectionState = { kind: 'closed' };
      let now = 0;
      let sockets = 0;
      for (const [kind, wait, random] of steps) {
        if (connectionTable[state.kind][kind] === 'never') continue;
        now += wait;
        const event = (
          kind === 'lost'
            ? { kind, code: 'socket_lost', reason: 'x' }
            : kind === 'held'
              ? { kind, waitMs: 700 }
              : { kind }
        ) as ConnectionEvent;
        const { next, effects } = stepConnection(state, event, monoMs(now), policy, () => random);
        assertLegal(connectionTable, state.kind, event.kind, next.kind);
        for (const effect of effects) {
          if (effect.kind === 'open') sockets += 1;
          if (effect.kind === 'close') sockets -= 1;
          if (effect.kind === 'down') assert.ok(effect.retryInMs <= policy.slowRetryMs);
        }
        assert.equal(sockets, next.kind === 'connecting' || next.kind === 'open' ? 1 : 0);
        state = next;
        seen.add(state.kind);
      }
    }),
    { numRuns: 1_000 },
  );
  assert.deepEqual([...seen].sort(), Object.keys(connectionTable).sort());
});

test('the book never passes a delta that does not follow the update before it', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 1, max: 12 })), { maxLength: 100, size: 'max' }),
      (updates) => {
        let state: BookSyncState = emptyBook;
        let last: number | undefined;
        for (const [isSnapshot, u] of updates) {
          const { next, verdict } = stepBookSync(state, isSnapshot ? 'snapshot' : 'delta', u);
          assertLegal(bookSyncTable, state.kind, isSnapshot ? 'snapshot' : 'delta', next.kind);
          if (verdict === 'pass') {
            assert.ok(isSnapshot || u === (last ?? Number.NaN) + 1);
            last = u;
          }
          if (verdict === 'break') last = undefined;
          state = next;
        }
      },
    ),
    { numRuns: 2_000 },
  );
});

type Step =
  | { readonly kind: 'want' | 'unwant' | 'renew'; readonly coin: number }
  | { readonly kind: 'send' | 'answer' | 'drop_answer' | 'disconnect' | 'wait' };

const anyStep: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constantFrom('want', 'unwant', 'renew'), coin: fc.nat(14) }),
  fc.record({ kind: fc.constantFrom('send', 'answer', 'drop_answer', 'disconnect', 'wait') }),
) as fc.Arbitrary<Step>;

/** An exchange that knows coins 0 to 12 and refuses a whole request for one bad topic, naming it or not. */
class FakeExchange {
  readonly subscribed = new Set<string>();
  inFlight: { readonly op: string; readonly requestId: string; readonly names: readonly string[] }[] = [];

  answer(subscriptions: Subscriptions, namesTopics: boolean): void {
    const request = this.inFlight.shift();
    if (request === undefined) return;
    const bad = request.names.find((name) => name === 'c13' || name === 'c14');
    if (request.op === 'unsubscribe') {
      for (const name of request.names) this.subscribed.delete(name);
      subscriptions.acked(request.requestId);
    } else if (bad !== undefined) {
      subscriptions.refused(request.requestId, namesTopics ? bad : undefined, 'unknown', false);
    } else {
      const twice = request.names.find((name) => this.subscribed.has(name));
      if (twice === undefined) {
        for (const name of request.names) this.subscribed.add(name);
        subscriptions.acked(request.requestId);
      } else {
        subscriptions.refused(request.requestId, twice, 'already subscribed', true);
      }
    }
  }
}

test('whatever happens on the way, in the end exactly what is wanted and known is subscribed', () => {
  fc.assert(
    fc.property(fc.array(anyStep, { maxLength: 120, size: 'max' }), fc.boolean(), (steps, namesTopics) => {
      const subscriptions = new Subscriptions({
        argsPerRequest: 5,
        answerWithinMs: 1_000,
      });
      const exchange = new FakeExchange();
      const wanted = new Set<string>();
      let now = 0;
      const send = (): void => {
        for (
          let request = subscriptions.nextRequest(monoMs(now));
          request !== undefined;
          request = subscriptions.nextRequest(monoMs(now))
        ) {
          assert.ok(request.names.length >= 1 && request.names.length <= 5);
          exchange.inFlight.push(request);
        }
      };
      for (const step of steps) {
        const name = 'coin' in step ? `c${step.coin}` : '';
        const topic: Topic = { channel: 'trades', category: 'linear', symbol: name };
        switch (step.kind) {
          case 'want':
            wanted.add(name);
            subscriptions.want(topic, name);
            break;
          case 'unwant':
            wanted.delete(name);
            subscriptions.unwant(name);
            break;
          case 'renew':
            subscriptions.renew(name);
            break;
          case 'send':
            send();
            break;
          case 'answer':
            exchange.answer(subscriptions, namesTopics);
            break;
          case 'drop_answer':
            exchange.inFlight.shift();
            break;
          case 'disconnect':
            subscriptions.disconnected();
            exchange.inFlight = [];
            exchange.subscribed.clear();
            break;
          case 'wait':
            now += 1_001;
            subscriptions.timedOut(monoMs(now));
            break;
        }
      }
      for (let round = 0; round < 60; round += 1) {
        send();
        while (exchange.inFlight.length > 0) exchange.answer(subscriptions, namesTopics);
        now += 1_001;
        subscriptions.timedOut(monoMs(now));
      }
      const known = [...wanted].filter((name) => name !== 'c13' && name !== 'c14').sort();
      const active = [...subscriptions.all()]
        .filter(({ state }) => state === 'active')
        .map(({ name }) => name);
      assert.deepEqual(active.sort(), known);
      assert.deepEqual([...exchange.subscribed].sort(), known);
      assert.ok(
        [...subscriptions.all()].every(
          ({ state }: Subscription) => state === 'active' || state === 'rejected',
        ),
      );
    }),
    { numRuns: 1_500 },
  );
});

test('the table of a topic has a way into every state', () => {
  const reached = new Set(
    Object.values(subscriptionTable).flatMap((row) =>
      Object.values(row).flatMap((cell) => (Array.isArray(cell) ? cell : [])),
    ),
  );
  assert.deepEqual([...reached].sort(), Object.keys(subscriptionTable).sort());
});
