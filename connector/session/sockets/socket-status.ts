/** How the life of a market's socket is told. */
import type { StatusEvent } from '../../../shared/events/process-events.ts';
import type { Category } from '../../../shared/market.ts';
import type { UnixMs } from '../../../shared/time.ts';

/** `reason` says why it was lost, and when the next try is. */
export function socketStatus(
  about: { readonly category: Category; readonly socket: number; readonly url: string },
  status: StatusEvent['status'],
  reason: string | undefined,
  at: UnixMs,
): StatusEvent {
  const { category, socket, url } = about;
  const told = { type: 'status', status, scope: 'public', category, socket, url, at } as const;
  return reason === undefined ? told : { ...told, reason };
}
