/** Sabotages of what is done about a topic that stays mute although it was asked for anew. */
import type { Mutant } from './mutant.ts';

const tests = ['tests/connector/session/silence/mute-steps.test.ts'];

export const muteMutants: readonly Mutant[] = [
  {
    name: 'mute-topic-asked-for-once',
    promise: 'A topic that stays mute is asked for again, later and later.',
    file: 'connector/session/feeds/topic-feed.ts',
    find: 'const step = this.#steps.stillMute(now, this.#beginsWithSnapshot || this.#isShownMute);',
    replace: "const step: MuteStep = 'nothing';",
    tests,
  },
  {
    name: 'quiet-topic-costs-its-socket',
    promise: 'A topic that may just be quiet never costs its socket.',
    file: 'connector/session/silence/mute-steps.ts',
    find: 'if (isProven && this.#isSocketDue(now)) return this.#replace(now);',
    replace: 'if (this.#isSocketDue(now)) return this.#replace(now);',
    tests,
  },
  {
    name: 'mute-topic-costs-sockets-without-end',
    promise: 'A topic that no new socket cures costs the others a socket ever more seldom.',
    file: 'connector/session/silence/mute-steps.ts',
    find: 'return this.#socketNotBefore === undefined || now >= this.#socketNotBefore;',
    replace: 'return true;',
    tests,
  },
  {
    name: 'new-socket-counts-as-a-cure',
    promise: 'A topic that a new socket did not cure costs the next one later, not at once.',
    file: 'connector/session/feeds/topic-feed.ts',
    find: 'if (this.#pulse.arrivals !== this.#arrivals) this.#steps.flows();',
    replace: 'this.#steps.flows();',
    tests,
  },
  {
    name: 'gap-of-a-renewed-book-ends-untold',
    promise: 'A book that is given up and wanted again in one breath goes on with its gap.',
    file: 'connector/session/feeds/snapshot-gap.ts',
    find: 'const before = givenUp?.take(topic);',
    replace: 'const before = [].at(0) as unknown as ReturnType<GivenUpGaps["take"]>;',
    tests: ['tests/connector/session/feeds/given-up-gaps.test.ts'],
  },
];
