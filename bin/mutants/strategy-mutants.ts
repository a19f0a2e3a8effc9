/** Sabotages of what becomes of strategies that misbehave, and of the gate that holds their signals back. */
import type { Mutant } from './mutant.ts';

const host = 'tests/runner/strategy/strategy-host.test.ts';

export const strategyMutants: readonly Mutant[] = [
  {
    name: 'nonsense-answered-for-ever',
    promise: 'A strategy that answers nothing but nonsense is disabled, like one that throws.',
    file: 'runner/strategy/strategy-run.ts',
    find: 'if (!this.#collect(this.#call(message))) this.#wentWrong(this.#invalidReason);',
    replace: 'if (!this.#collect(this.#call(message))) this.#wentWell();',
    tests: ['tests/runner/strategy/strategy-run.test.ts', host],
  },
  {
    name: 'nonsense-of-the-thread-heard-for-ever',
    promise: 'A strategy whose thread says nothing but nonsense to the runner is disabled.',
    file: 'runner/strategy/strategy-host.ts',
    find: 'if (this.#badMessages >= MAX_ERRORS_IN_A_ROW)',
    replace: 'if (this.#badMessages > 1e9)',
    tests: [host],
  },
  {
    name: 'gate-open-over-a-gap',
    promise: 'The gate shuts at the very place of a gap of today, however soon after the last look.',
    file: 'runner/gate-sources.ts',
    find: 'gapsTold !== gapsAt || ',
    replace: '',
    tests: ['tests/runner/gate-sources.test.ts'],
  },
  {
    name: 'gaps-left-to-the-next-look',
    promise: 'A gap shuts a gate before anything of after it is told.',
    file: 'runner/strategy/gate-desk.ts',
    find: '|| speaksAgainst(gap, gated.needs())',
    replace: '&& String(speaksAgainst)',
    tests: ['tests/runner/gate-sources.test.ts', 'tests/runner/strategy/gate.test.ts'],
  },
];
