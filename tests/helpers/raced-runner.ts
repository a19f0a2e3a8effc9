/** What tests of raced sockets ask of a runner, and what they wait for. */
import { executedSoFar } from './ledger.ts';
import { changeFlow, type Exchange, type Runner } from './processes.ts';
import { until } from './until.ts';

export const raced = { REDUNDANCY: '2', WEBSOCKET_BUFFER_SIZE: '100000', TIME_SCALE: '0.4' };

export type Socket = {
  readonly category: string;
  readonly socket: number;
  readonly state: string;
  readonly reconnects: number;
  readonly first_trades?: number;
  readonly only_trades?: number;
};

export async function socketsOf(runner: Runner): Promise<readonly Socket[]> {
  return (await runner.get<{ connector: { sockets: Socket[] } }>('/ws/health')).connector.sockets;
}

export async function untilExecuted(exchange: Exchange, more: number): Promise<void> {
  const count = () => executedSoFar(exchange, 'linear', 'BTCUSDT');
  const before = await count();
  await until('the market moves', async () => (await count()) >= before + more, 20_000);
}

/**
 * Waits until the book that is served is that of the exchange, level by level. The market rests while they are compared: a book
 * that is told from the slower socket is always a little behind, and would else be equal by chance only.
 */
export async function untilBookEquals(exchange: Exchange, runner: Runner): Promise<void> {
  await until('the book is valid', async () => (await toldBook(runner)).valid, 20_000);
  await changeFlow(exchange, { paused: true });
  try {
    await until('the book equals that of the exchange', async () => {
      const mine = await toldBook(runner);
      const theirs = (await (
        await fetch(`${exchange.url}/sim/book?category=linear&symbol=BTCUSDT&depth=50`)
      ).json()) as { b: string[][]; a: string[][] };
      const text = (side: readonly (readonly (string | number)[])[]) =>
        JSON.stringify(side.map((level) => level.map(Number)));
      return mine.valid && text(mine.bids) === text(theirs.b) && text(mine.asks) === text(theirs.a);
    });
  } finally {
    await changeFlow(exchange, { paused: false });
  }
}

type ToldBook = { readonly valid: boolean; readonly bids: number[][]; readonly asks: number[][] };

const toldBook = (runner: Runner): Promise<ToldBook> => runner.get<ToldBook>('/orderbook?levels=50');

const isOpen = ({ state }: Socket): boolean => state === 'connected';

export async function untilBothOpen(runner: Runner): Promise<void> {
  await until(
    'both sockets are open',
    async () => (await socketsOf(runner)).filter(isOpen).length === 2,
    20_000,
  );
}
