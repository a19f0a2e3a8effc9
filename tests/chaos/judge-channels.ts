/** Judges what is no trade: books and tickers as states, closed candles and liquidations as lists. Pure. */
import type {
  Gap,
  ToldBook,
  ToldCandle,
  ToldLiquidation,
  ToldTicker,
  TrueBook,
  TrueCandle,
  TrueLiquidation,
  TrueTicker,
} from './facts.ts';

/** Undefined: they are equal. `'later'`: they are of different moments, look again. */
export function judgeBook(truth: TrueBook, told: ToldBook): string | undefined {
  if (!told.valid) return 'later: the book is not valid';
  if (told.last_update_id !== truth.u)
    return `later: update ${told.last_update_id} is told, ${truth.u} is the newest`;
  const numbers = (side: readonly string[][]): string =>
    JSON.stringify(side.map((level) => level.map(Number)));
  if (numbers(truth.b) !== JSON.stringify(told.bids)) return `the bids at update ${truth.u} differ`;
  if (numbers(truth.a) !== JSON.stringify(told.asks)) return `the asks at update ${truth.u} differ`;
  return undefined;
}

const tickerFields = {
  lastPrice: 'last_price',
  markPrice: 'mark_price',
  indexPrice: 'index_price',
  bid1Price: 'bid_price',
  bid1Size: 'bid_qty',
  ask1Price: 'ask_price',
  ask1Size: 'ask_qty',
  highPrice24h: 'high_24h',
  lowPrice24h: 'low_24h',
  volume24h: 'volume_24h',
  turnover24h: 'turnover_24h',
  openInterest: 'open_interest',
  fundingRate: 'funding_rate',
} as const;

export function judgeTicker(truth: TrueTicker, told: ToldTicker): string | undefined {
  if (told['valid'] !== true) return `later: the ticker is not valid: ${told['reason']}`;
  const wrong = Object.entries(tickerFields).flatMap(([theirs, ours]) => {
    const text = truth[theirs];
    const value = text === undefined || text === '' ? null : Number(text);
    return value === told[ours] ? [] : [`${ours} is ${told[ours]} and was ${text}`];
  });
  return wrong.length === 0 ? undefined : `later: ${wrong.join('; ')}`;
}

/** Each closed candle from the first one that could be seen: told once and as it was, or inside exactly one gap that is not healed. */
export function judgeCandles(
  truth: readonly TrueCandle[],
  told: readonly ToldCandle[],
  gaps: readonly Gap[],
  firstStart: number,
): readonly string[] {
  const problems: string[] = [];
  const byStart = new Map(told.map((candle) => [Date.parse(candle.time), candle]));
  if (byStart.size !== told.length) problems.push('a candle is told twice');
  if (told.some(({ time }, index) => index > 0 && time <= (told[index - 1]?.time ?? '')))
    problems.push('candles are not in order');
  for (const candle of truth) {
    if (candle.start < firstStart) continue;
    const name = `the candle of ${new Date(candle.start).toISOString()}`;
    const mine = byStart.get(candle.start);
    const holders = gaps.filter((gap) => gap.state !== 'healed' && holdsCandle(gap, candle.start));
    if (mine === undefined) {
      if (holders.length !== 1) problems.push(`${name} is not told and lies in ${holders.length} gaps`);
      continue;
    }
    if (holders.length > 0)
      problems.push(`${name} is told and lies in ${holders.map(({ gap_id }) => gap_id).join(', ')}`);
    const wrong = (['open', 'close', 'high', 'low', 'volume', 'turnover'] as const).filter(
      (field) => Number(candle[field]) !== mine[field],
    );
    if (wrong.length > 0) problems.push(`${name} is wrong in ${wrong.join(', ')}`);
  }
  return problems;
}

/** A gap of candles names the last one closed before it and the first one after it; without an end it holds all that follow. */
function holdsCandle({ from, to }: Gap, start: number): boolean {
  return from !== null && Number(from.id) < start && (to === null || start < Number(to.id));
}

/** Each liquidation since the first one that was told: told once and in order, or inside a gap. They have no ids: ends count as inside. */
export function judgeLiquidations(
  truth: readonly TrueLiquidation[],
  told: readonly ToldLiquidation[],
  gaps: readonly Gap[],
  sinceMs: number,
): readonly string[] {
  const problems: string[] = [];
  const wanted = truth.filter(({ T }) => T >= sinceMs).map((one) => ({ at: one.T, key: keyOfTrue(one) }));
  const given = told
    .filter(({ time }) => Date.parse(time) >= sinceMs)
    .map((one) => ({ at: Date.parse(one.time), key: keyOfTold(one) }));
  const seen = new Set<string>();
  let next = 0;
  for (const { at, key } of wanted) {
    for (let again = given[next]?.key; again !== undefined && seen.has(again); again = given[next]?.key) {
      problems.push(`the liquidation ${again} is told twice`);
      next += 1;
    }
    if (given[next]?.key === key) {
      seen.add(key);
      next += 1;
      continue;
    }
    const holders = gaps.filter((gap) => holdsMoment(gap, at));
    if (holders.length === 0) problems.push(`the liquidation ${key} is not told here and lies in no gap`);
  }
  const rest = given.slice(next);
  if (rest.length > 0)
    problems.push(
      `${rest.length} liquidations are told again, out of order, or never happened: ${rest[0]?.key}`,
    );
  return problems;
}

function holdsMoment({ from, to }: Gap, at: number): boolean {
  return from !== null && Date.parse(from.time) <= at && (to === null || at <= Date.parse(to.time));
}

function keyOfTrue({ T, side, size, price }: TrueLiquidation): string {
  return `${T} ${side === 'Buy' ? 'Long' : 'Short'} ${Number(size)} ${Number(price)}`;
}

function keyOfTold({ time, position, qty, price }: ToldLiquidation): string {
  return `${Date.parse(time)} ${position} ${qty} ${price}`;
}
