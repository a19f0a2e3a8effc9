/** Sabotages of the judgement of silence, on both sides: topics, sockets, and what a silence teaches. */
import type { Mutant } from './mutant.ts';

const freshness = 'tests/shared/freshness.test.ts';
const session = 'tests/connector/session/session.test.ts';
const silence = 'tests/connector/session/silence.test.ts';
const ofTheRunner = 'tests/runner/context/silence.test.ts';

export const silenceMutants: readonly Mutant[] = [
  {
    name: 'fault-teaches-patience',
    promise: 'The second fault of a topic is found as soon as the first.',
    file: 'shared/freshness.ts',
    find: 'if (this.isStale(now)) this.calledStale();',
    replace: 'if (this.isStale(now)) this.#lessonMs = pause;',
    tests: [freshness, ofTheRunner],
  },
  {
    name: 'slow-market-never-learned',
    promise: 'A topic that has become slower is left in peace after a few alarms.',
    file: 'shared/freshness.ts',
    find: 'isRepeated ? this.#policy.growthAtMost : this.#policy.growthAfterAlarm',
    replace: 'isRepeated ? 1 : 1',
    tests: [freshness],
  },
  {
    name: 'short-hole-hides-a-long-one',
    promise: 'A silence just too short to be noticed at most doubles the limit.',
    file: 'shared/freshness.ts',
    find: 'Math.min(pause, this.#pauseFor(this.#policy.growthAtMost))',
    replace: 'pause',
    tests: [freshness],
  },
  {
    name: 'lost-socket-teaches-patience',
    promise: 'The wait for a snapshot after a lost socket does not count as a pause of the topic.',
    file: 'shared/freshness.ts',
    find: 'this.#isOwnPause = false;\n    if (this.#silentSince !== undefined) this.#silentSince = now;',
    replace: 'if (this.#silentSince !== undefined) this.#silentSince = now;',
    tests: [freshness, silence],
  },
  {
    name: 'resubscription-teaches-patience',
    promise:
      'The wait for the snapshot of a book that is fetched anew does not count as a pause of the topic.',
    file: 'connector/session/feed-pulse.ts',
    find: 'this.#freshness.interrupted();',
    replace: '',
    tests: [silence],
  },
  {
    name: 'lost-socket-teaches-the-runner-patience',
    promise: 'To the runner, too, the wait for a snapshot is no pause of the topic.',
    file: 'runner/context/topic-feed.ts',
    find: 'this.#freshness.interrupted();',
    replace: '',
    tests: [ofTheRunner],
  },
  {
    name: 'own-sleep-teaches-patience',
    promise: 'Frames that waited while our process was asleep do not teach that such pauses are normal.',
    file: 'connector/session/session.ts',
    find: 'if (this.#sleep.wasAsleep(now)) this.#stalled(now);',
    replace: '',
    tests: [silence],
  },
  {
    name: 'runner-ignores-the-alarms-of-its-child',
    promise: 'The runner learns the pace of a slow lone book together with its connector.',
    file: 'runner/context/topic-feed.ts',
    find: 'this.#freshness.calledStale();',
    replace: '',
    tests: [ofTheRunner],
  },
  {
    name: 'half-open-socket-kept',
    promise: 'A socket that answers pings but gives no data is replaced.',
    file: 'connector/session/socket-silence.ts',
    find: 'if (topics.some(({ isMissed }) => isMissed) && silentFor >= this.#policy.silentAfterMs) return silentFor;',
    replace: '',
    tests: [session],
  },
  {
    name: 'socket-that-died-young-kept',
    promise: 'A socket that falls silent before any pace is known is replaced.',
    file: 'connector/session/socket-silence.ts',
    find: 'if (books.length === 0 || isBookPaceKnown) return undefined;',
    replace: 'if (books.length >= 0) return undefined;',
    tests: [silence, 'tests/e2e/mute-exchange.test.ts'],
  },
  {
    name: 'siblings-not-asked',
    promise: 'A socket that falls silent while another one of its market moves is found within 15 s.',
    file: 'connector/session/socket-silence.ts',
    find: 'siblingsMove ? silentBesideSiblingsMs : silentBeforeKnownMs',
    replace: 'silentBeforeKnownMs',
    tests: ['tests/connector/session/socket-pool.test.ts'],
  },
  {
    name: 'silent-market-hammered',
    promise: 'In a market that is truly silent each new socket waits twice as long as the one before.',
    file: 'connector/session/socket-silence.ts',
    find: 'this.#replaced += 1;',
    replace: '',
    tests: [silence],
  },
  {
    name: 'slow-book-ignored-by-its-socket',
    promise: 'Once the pace of a book is known, its socket is not replaced before it is stale.',
    file: 'connector/session/socket-silence.ts',
    find: 'if (books.length === 0 || isBookPaceKnown) return undefined;',
    replace: 'if (books.length === 0) return undefined;',
    tests: [silence],
  },
  {
    name: 'silence-from-the-start-believed',
    promise: 'A book that falls silent before its pace is known is called stale after 5 minutes.',
    file: 'shared/policy.ts',
    find: 'floorBeforeKnownMs: ms(300_000),',
    replace: 'floorBeforeKnownMs: ms(300_000_000),',
    tests: [freshness, silence],
  },
];
