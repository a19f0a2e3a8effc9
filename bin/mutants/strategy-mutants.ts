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
];
