/** Of a book the runner's gaps keep where it stood, not the update: its lists would survive every collection. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GapBook } from '../../../runner/intake/gaps.ts';
import { unixMs } from '../../../shared/time.ts';
import { collectGarbage, kept, note, type Told } from '../../helpers/kept.ts';
import { depth, T0 } from './events.ts';

const topic = { channel: 'depth', category: 'linear', symbol: 'BTCUSDT', depth: 50 } as const;

/** A function of its own, so that no variable of the test keeps an update. */
function tell(gaps: GapBook, told: Told[]): void {
  for (let id = 1; id <= 3; id += 1) {
    const event = depth({ last_update_id: id });
    note(told, event);
    gaps.onEvent(event, 1);
  }
}

test('the gaps keep no update of a book, and know where it ended', async () => {
  const told: Told[] = [];
  const gaps = new GapBook('n');
  gaps.follow(topic);
  tell(gaps, told);
  await collectGarbage();
  assert.deepEqual(kept(told), []);
  const [gap] = gaps.childEnded(1, unixMs(T0 + 100));
  assert.equal(gap?.from?.id, '3');
});
