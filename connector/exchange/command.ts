/**
 * The verb `exchange`: a simulated Bybit on loopback, for development, tests and the demonstration.
 */
import { Command } from 'commander';
import type { RawOptions } from './options.ts';

/** Runs the exchange until it is told to stop; `unknown` are the words of the command line that belong to no option. */
export type ServeExchange = (raw: RawOptions, unknown: readonly string[]) => Promise<void>;

/** Builds the verb around `serve` (io/serve.ts). Values are checked by ./options.ts, so that all mistakes are told at once. */
export function exchangeCommand(serve: ServeExchange): Command {
  return new Command('exchange')
    .description(
      'serve a simulated Bybit on loopback: the same socket, REST and refusals, with faults on command',
    )
    .option('--host [address]', 'loopback address to listen on (default: 127.0.0.1)')
    .option('--port [number]', 'port to listen on, 0 for any free one (default: 8765)')
    .option('--seed [text]', 'the same seed gives the same orders, trades and ids (default: random)')
    .option(
      '--rate [number]',
      'frames a second over all subscribed topics (default: the natural pace of each market)',
    )
    .option('--trades-per-frame [number]', 'trades that each match aims at (default: a natural mix)')
    .option('--steps-per-frame [number]', 'with --rate: orders between two frames of a book (default: 1)')
    .option('--symbols [number]', 'made-up contracts beside the usual markets, up to 700 (default: 0)')
    .option(
      '--spread [natural|equal]',
      'with --rate: a few busy markets and many quiet ones, or all alike (default: natural)',
    )
    .option('--band [ticks]', 'each price stays so near to its start (default: 4 % of it)')
    .option('--log-dir [folder]', 'write orders.jsonl, executions.jsonl and liquidations.jsonl there')
    .option(
      '--history-trades [number]',
      'made-up trades of linear BTCUSDT on each day of the past, others in proportion; 0 for no past (default: 20000)',
    )
    .option('--archive-delay [minutes]', "a day's archive file appears so long after its end (default: 240)")
    .option('--clock [time]', 'what the clock says at the start, like 2026-08-01T14:00:00Z (default: now)')
    .option('--api-key [text]', 'the key that signed requests are answered for (default: none)')
    .option('--api-secret [text]', 'its secret')
    .option('--stop-on-eof', 'stop when stdin ends')
    .allowUnknownOption(true)
    .allowExcessArguments(true)
    .action(async (raw: RawOptions, command: Command) => serve(raw, command.args));
}
