/** Where the frame server is: the measuring process says it in the environment. */
export const EXCHANGE_PORT = 'BENCH_EXCHANGE_PORT';

export function exchangePort(): number {
  return Number(process.env[EXCHANGE_PORT]);
}
