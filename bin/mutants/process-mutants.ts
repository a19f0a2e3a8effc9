/** Sabotages that only whole programs can notice: what systemd, a proxy, the demo and a stop in order see of them. */
import type { Mutant } from './mutant.ts';

const serviceManager = 'tests/e2e/service-manager.test.ts';
const operations = 'tests/e2e/operations.test.ts';
const proxy = 'tests/e2e/proxy.test.ts';
const demo = 'tests/e2e/demo.test.ts';

export const processMutants: readonly Mutant[] = [
  {
    name: 'ready-not-told',
    promise: 'systemd hears READY=1 when the API is bound and the supervisor runs.',
    file: 'runner/io/run-runner.ts',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a piece of the program's text
    find: 'await systemd.ready(`${config.connector.name}, API on ${listening.url}`);',
    replace: '',
    tests: [serviceManager],
  },
  {
    name: 'no-sign-of-life-for-systemd',
    promise: 'A runner under WatchdogSec gives signs of life.',
    file: 'runner/io/run-runner.ts',
    find: 'systemd.startWatchdog();',
    replace: '',
    tests: [serviceManager],
  },
  {
    name: 'stopping-not-told',
    promise: 'systemd hears STOPPING=1 before anything is stopped.',
    file: 'runner/io/run-runner.ts',
    find: 'await systemd.stopping();',
    replace: '',
    tests: [serviceManager],
  },
  {
    name: 'last-words-not-heard',
    promise: 'What a child says after SIGTERM is taken in, to its last line.',
    file: 'runner/supervisor/supervisor.ts',
    find: 'if (this.#isCurrent(generation)) this.#ports.onLine(line, generation);',
    replace:
      "if (this.#isCurrent(generation) && this.#machine.state.kind !== 'stopping') this.#ports.onLine(line, generation);",
    tests: [operations],
  },
  {
    name: 'stop-not-announced',
    promise: 'The log says that the runner stops, before its child does.',
    file: 'runner/io/run-runner.ts',
    find: "log.info({ event: 'runner_stopping', why }, 'stopping: the child first');",
    replace: '',
    tests: [operations],
  },
  {
    name: 'proxy-not-used',
    promise: 'The stream goes through the proxy that HTTPS_PROXY names.',
    file: 'connector/io/run-stream.ts',
    find: "proxyUrl: proxyFor(urls[category] ?? '', env),",
    replace: 'proxyUrl: undefined,',
    tests: [proxy],
  },
  {
    name: 'proxy-kept-from-the-child',
    promise: 'The proxy of the settings reaches the connector, its password included.',
    file: 'runner/config/child-environment.ts',
    find: "const neededByChild: readonly SettingName[] = ['HTTPS_PROXY'];",
    replace: 'const neededByChild: readonly SettingName[] = [];',
    tests: [proxy],
  },
  {
    name: 'proxy-password-in-the-log',
    promise: 'What is said of a proxy names its host, never its password.',
    file: 'connector/io/socket.ts',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a piece of the program's text
    find: '(through the proxy ${new URL(options.proxyUrl).host})',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a piece of the program's text
    replace: '(through the proxy ${options.proxyUrl})',
    tests: [proxy],
  },
  {
    name: 'runner-outlives-the-demo',
    promise: 'The runner of the demo stops when the demo is killed.',
    file: 'runner/io/starter.ts',
    find: 'if (process.ppid === parent && !isGone(Number(starter))) return;',
    replace: 'if (process.ppid > 0) return;',
    tests: [demo],
  },
];
