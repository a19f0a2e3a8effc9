/** One signal on stdout. */
import type { PublishedSignal } from '../runner/strategy/ports.ts';
import { timeOf } from './csv.ts';

/** A line for people, or one JSON object. */
export function signalLine(signal: PublishedSignal, asJson: boolean): string {
  if (asJson) return `${JSON.stringify({ type: 'signal', ...signal })}\n`;
  const { setup_type, side, entry_price, stop_loss, take_profit, reason } = signal;
  const parts = [
    timeOf(signal.timestamp),
    setup_type,
    ...(side === undefined ? [] : [side]),
    ...(entry_price === undefined ? [] : [`at ${entry_price}`]),
    ...(stop_loss === undefined ? [] : [`stop ${stop_loss}`]),
    ...(take_profit === undefined ? [] : [`target ${take_profit}`]),
  ];
  // One line each, whatever the strategy says.
  return `${parts.join(' ')}: ${reason.replaceAll(/\s+/g, ' ')}\n`;
}
