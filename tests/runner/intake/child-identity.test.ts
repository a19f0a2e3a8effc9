/** Which children may live beside what is known: of the profile, of what a child had said before, and of the protocol. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ChildIdentity, type ExpectedChild } from '../../../runner/intake/child-identity.ts';
import { status } from './events.ts';

type Said = Parameters<typeof status>[1];

/** What becomes of the last of these statuses. */
function verdict(expected: ExpectedChild, ...said: readonly Said[]): string | undefined {
  const identity = new ChildIdentity(expected);
  return said.map((fields) => identity.onStatus(status('ready', fields))?.cause).at(-1);
}

const mainnet = { environment: 'mainnet', clock: 'live' } as const;

describe('a child', () => {
  const cases: readonly [string, ExpectedChild, readonly Said[], string | undefined][] = [
    ['says what the profile says', mainnet, [{ ...mainnet, protocol: 1 }], undefined],
    ['says nothing of itself', mainnet, [{}], undefined],
    ['says nothing of itself where nothing is known', {}, [{}], undefined],
    ['names another environment', mainnet, [{ environment: 'testnet', clock: 'live' }], 'wrong_environment'],
    ['names another clock', mainnet, [{ environment: 'mainnet', clock: 'replay' }], 'wrong_clock'],
    [
      'is of another protocol, whatever else it says',
      mainnet,
      [{ ...mainnet, protocol: 2 }],
      'wrong_protocol',
    ],
    ['is of another protocol where nothing is known', {}, [{ protocol: 2 }], 'wrong_protocol'],
    [
      'names an environment where only the clock is known',
      { clock: 'replay' },
      [{ ...mainnet, clock: 'replay' }],
      undefined,
    ],
    ['is the same as before', {}, [mainnet, {}, mainnet], undefined],
    [
      'names another environment than before',
      {},
      [{}, mainnet, { environment: 'simulated' }],
      'wrong_environment',
    ],
    ['names another clock than before', {}, [mainnet, { clock: 'replay' }], 'wrong_clock'],
  ];
  for (const [title, expected, said, cause] of cases) {
    it(`that ${title} is ${cause === undefined ? 'taken' : `refused as ${cause}`}`, () => {
      assert.equal(verdict(expected, ...said), cause);
    });
  }

  it('is refused for any status that contradicts, not only for `ready`', () => {
    const identity = new ChildIdentity(mainnet);
    assert.equal(identity.onStatus(status('heartbeat', { environment: 'demo' }))?.cause, 'wrong_environment');
  });

  it('teaches nothing by a status for which it is refused', () => {
    const identity = new ChildIdentity({ clock: 'live' });
    assert.equal(
      identity.onStatus(status('ready', { environment: 'demo', clock: 'replay' }))?.cause,
      'wrong_clock',
    );
    assert.equal(identity.onStatus(status('ready', mainnet)), undefined);
  });
});

describe('a line that is bad in our protocol', () => {
  const line = (fields: object): string => JSON.stringify({ type: 'status', status: 'ready', ...fields });
  const cases: readonly [string, ExpectedChild, string, string | undefined][] = [
    ['of a later protocol', {}, line({ protocol: 2, status: 'up' }), 'wrong_protocol'],
    ['with a protocol that is no number', {}, line({ protocol: 'two' }), 'wrong_protocol'],
    ['of a network that we do not know', mainnet, line({ environment: 'moon' }), 'wrong_environment'],
    ['with such a name where nothing is known', {}, line({ environment: 'moon' }), undefined],
    ['with a clock that we do not know', mainnet, line({ clock: 'sundial' }), 'wrong_clock'],
    ['that is bad for another reason', mainnet, line({ ...mainnet, pid: -1 }), undefined],
    [
      'with fields that are no text',
      mainnet,
      line({ environment: { a: 1 }, clock: 7, protocol: null }),
      undefined,
    ],
    ['that is no status', mainnet, '{"type":"trade","status":"x","environment":"moon"}', undefined],
    ['that is no JSON', mainnet, '{"type":"status","environment":"moon"', undefined],
  ];
  for (const [title, expected, text, cause] of cases) {
    it(`${title} is ${cause === undefined ? 'just a bad line' : `refused as ${cause}`}`, () => {
      assert.equal(new ChildIdentity(expected).onBadLine(text)?.cause, cause);
    });
  }
});

describe('the reason', () => {
  it('has both values, where the wish is from, and what to do', () => {
    const { message } =
      new ChildIdentity(mainnet).onStatus(status('ready', { environment: 'testnet' })) ?? {};
    assert.equal(
      message,
      'the connector says that its environment is testnet, but the profile says mainnet: choose the profile that is meant (CONNECTOR_PROFILE) or correct the command in it, then restart the runner',
    );
  });

  it('tells apart what an earlier child had said, and says that a restart of the runner begins anew', () => {
    const identity = new ChildIdentity();
    identity.onStatus(status('ready', mainnet));
    const { message } = identity.onStatus(status('ready', { environment: 'simulated' })) ?? {};
    assert.match(message ?? '', /is simulated, but it said before that it is mainnet: .*restart the runner/);
  });

  it('has both versions of the protocol', () => {
    const { message } = new ChildIdentity().onStatus(status('ready', { protocol: 2 })) ?? {};
    assert.match(
      message ?? '',
      /version 2 of the line protocol, but this runner speaks version 1: .*restart/,
    );
  });
});

describe('data before the first word', () => {
  it('are taken only where nothing is known', () => {
    assert.equal(new ChildIdentity().mayTell, true);
    assert.equal(new ChildIdentity({ clock: 'replay' }).mayTell, false);
    assert.equal(new ChildIdentity(mainnet).mayTell, false);
  });

  for (const [word, fields, opens] of [
    ['ready', {}, true],
    ['connected', {}, true],
    ['heartbeat', { environment: 'mainnet' }, true],
    ['heartbeat', {}, false],
    ['connecting', {}, false],
  ] as const) {
    it(`${opens ? 'may follow' : 'may not follow'} ${word} ${JSON.stringify(fields)}`, () => {
      const identity = new ChildIdentity(mainnet);
      identity.onStatus(status(word, fields));
      assert.equal(identity.mayTell, opens);
    });
  }

  it('wait again with each child', () => {
    const identity = new ChildIdentity();
    identity.onStatus(status('ready', mainnet));
    assert.equal(identity.mayTell, true);
    identity.childStarted();
    assert.equal(identity.mayTell, false);
  });
});
