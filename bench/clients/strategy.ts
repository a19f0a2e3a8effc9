/** (d) The end of towline's way: a user's strategy in its thread, behind connector, pipe, runner and queue. */
import type { Strategy } from '../../runner/strategy/api.ts';
import { startConsumer } from '../consumer.ts';

const consume = startConsumer();

export const strategy: Strategy = {
  name: 'bench',
  onTrade: (tick) => consume(tick.id),
};
