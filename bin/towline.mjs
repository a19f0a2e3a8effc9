#!/usr/bin/env node
/**
 * The front door of every program here: makes sure that a fitting Node runs it.
 *
 *   node bin/towline.mjs runner/main.ts [arguments]
 *
 * Written in plain JavaScript, because an old Node must be able to read it. When the Node that reads it is too old, the
 * one that npm installed beside us (an optional package per platform) takes over as a child that gets our signals; when
 * there is none, one line says what to do. The target's path is relative to the project's folder, not to the caller's.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import nodeModule, { createRequire } from 'node:module';
import { constants } from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const NEEDED_MAJOR = 24;
const FORWARDED_SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGUSR2'];
const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

const [target, ...rest] = process.argv.slice(2);
const major = Number.parseInt(process.versions.node, 10);
if (target === undefined) {
  fail('usage: node bin/towline.mjs <program, for example runner/main.ts> [arguments]', 64);
} else if (major >= NEEDED_MAJOR) {
  const file = path.resolve(root, target);
  process.argv = [process.argv[0] ?? 'node', file, ...rest];
  // Stripping types and compiling costs 0.2 s and 30 MB a process: what one start has done, the next one reads. Threads and
  // children learn the folder from the environment; one that cannot be written is no error.
  process.env['NODE_COMPILE_CACHE'] ||= path.join(root, 'node_modules', '.cache', 'towline');
  nodeModule.enableCompileCache?.(process.env['NODE_COMPILE_CACHE']);
  await import(pathToFileURL(file).href);
} else {
  const node = bundledNode();
  if (node === undefined) {
    fail(
      `towline needs Node ${NEEDED_MAJOR} or newer, this is ${process.versions.node}, and no bundled Node fits ` +
        `${process.platform}-${process.arch}. Install Node ${NEEDED_MAJOR} (https://nodejs.org, or: nvm install), then try again.`,
      1,
    );
  } else {
    handOver(node);
  }
}

function bundledNode() {
  const require = createRequire(import.meta.url);
  try {
    const folder = path.dirname(require.resolve(`node-${process.platform}-${process.arch}/package.json`));
    const file = path.join(folder, 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
    return existsSync(file) ? file : undefined;
  } catch {
    return undefined;
  }
}

/** Runs the same command line under the newer Node; this process only passes signals on and the exit code back. */
function handOver(node) {
  const child = spawn(node, [...process.execArgv, ...process.argv.slice(1)], { stdio: 'inherit' });
  for (const signal of FORWARDED_SIGNALS) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => fail(`cannot start ${node}: ${error.message}`, 1));
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? 128 + (signal === null ? 0 : constants.signals[signal]);
  });
}

function fail(message, code) {
  process.stderr.write(`${message}\n`);
  process.exitCode = code;
}
