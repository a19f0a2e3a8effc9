/** How the life of a market's socket is told. */
import type { StatusEvent } from '../../shared/events/process-events.ts';
import type { Category } from '../../shared/market.ts';
import type { UnixMs } from '../../shared/time.ts';

/** `reason` says why it was lost, and when the next try is. */
export function socketStatus(
  { category, url }: { readonly category: Category; readonly url: string },
  status: StatusEvent['status'],
  reason: string | undefined,
  at: UnixMs,
): StatusEvent {
  const about = { type: 'status', status, scope: 'public', category, url, at } as const;
  return reason === undefined ? about : { ...about, reason };
}
