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
    name: 'child-reads-dot-env',
    promise: 'A connector that a runner started reads no .env.',
    file: 'shared/io/own-settings.ts',
    find: "if ((env[RUNNER_PID] ?? '').trim() !== '') {",
    replace: "if ((env[RUNNER_PID] ?? '') === 'never') {",
    tests: ['tests/e2e/own-settings.test.ts'],
  },
  {
    name: 'dot-env-before-the-environment',
    promise: 'The environment goes before .env also for programs that are started by hand.',
    file: 'shared/io/own-settings.ts',
    find: " && (env[name] ?? '').trim() === '')",
    replace: ')',
    tests: ['tests/shared/io/own-settings.test.ts'],
  },
  {
    name: 'history-passes-over-dot-env',
    promise: 'History by hand has the folder and the key of .env.',
    file: 'connector/main.ts',
    find: "if (argv[0] === undefined || argv[0] === 'exchange')",
    replace: "if (argv[0] !== 'stream')",
    tests: ['tests/e2e/own-settings.test.ts'],
  },
  {
    name: 'program-fills-a-cache-that-is-off',
    promise: 'A program does not touch a cache that is switched off.',
    file: 'connector/history/run/io/open-history.ts',
    find: 'choice.root === undefined && !settings.cache.isEnabled',
    replace: 'choice.root === undefined && false',
    tests: ['tests/e2e/own-settings.test.ts'],
  },
  {
    name: 'child-fills-a-cache-that-is-off',
    promise: 'What a runner starts for history does not touch a cache that is switched off.',
    file: 'connector/history/run/options.ts',
    find: 'const isTemporary = out === undefined && !isEnabled;',
    replace: "const isTemporary = out === undefined && !isEnabled && task.kind !== 'day_totals';",
    tests: ['tests/e2e/own-settings.test.ts'],
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
  {
    name: 'last-words-on-a-full-disk',
    promise: 'Also the last words of a process with a bug leave room on the disk.',
    file: 'connector/io/flight-recorder.ts',
    find: "if (fault !== null) return this.#log(fail('dump_failed', fault), reason);",
    replace: '',
    tests: ['tests/e2e/flight-recorder.test.ts'],
  },
];
