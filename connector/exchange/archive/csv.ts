/**
 * A day's trades as the lines of its archive file.
 *
 * Numbers have no zeros at their end here, prices and sizes neither. Columns, units and the forms of grossValue:
 * bybit-v5.md 7.1 and 7.2, bybit-payload-traps.md 22 (older files: whole numbers; newer ones: 2.563338e+10).
 */
import type { Instrument } from '../market/instruments.ts';
import { fixedText } from '../market/instruments.ts';
import type { TickDirection } from '../market/market.ts';
import { directionOf } from '../market/market.ts';
import { turnoverDigits, turnoverOf } from '../market/statistics.ts';
import type { TradeRows } from '../past/trade-rows.ts';
import type { Layout } from './layout.ts';

const TENTHS_A_SECOND = 10_000;
/** grossValue counts in these. */
const GROSS_DIGITS = 8;
/** Texts of prices that are remembered; when there are more, all are forgotten. */
const TEXTS_MOST = 50_000;
/** The character 0. */
const ZERO = 48;

/** Writes the lines of one file. */
export class CsvLines {
  private readonly instrument: Instrument;
  private readonly layout: Layout;
  private readonly prices = new Map<number, string>();
  private lastPrice = 0;
  private direction: TickDirection = 'ZeroPlusTick';
  private lines = 0;
  private second = -1;
  private secondText = '';

  constructor(instrument: Instrument, layout: Layout) {
    this.instrument = instrument;
    this.layout = layout;
  }

  /** The first line, without its end. */
  get header(): string {
    const rpi = this.layout.hasRpi;
    if (this.instrument.category === 'spot') return `id,timestamp,price,volume,side${rpi ? ',rpi' : ''}`;
    const columns =
      'timestamp,symbol,side,size,price,tickDirection,trdMatchID,grossValue,homeNotional,foreignNotional';
    return `${columns}${rpi ? ',RPI' : ''}`;
  }

  /** New trades begin: where a history begins with them, so does what prices are compared with. */
  begin({ before }: TradeRows): void {
    if (before === undefined) return;
    this.lastPrice = before.price;
    this.direction = before.direction;
  }

  /** The line of a trade, without its end; lines are asked for in their order, each once. */
  line(rows: TradeRows, index: number): string {
    return this.instrument.category === 'spot' ? this.spot(rows, index) : this.contract(rows, index);
  }

  private spot(rows: TradeRows, index: number): string {
    this.lines += 1;
    const at = Math.floor((rows.at[index] ?? 0) / 10);
    const side = rows.isSell[index] === 1 ? 'sell' : 'buy';
    const rpi = this.layout.hasRpi ? `,${rows.isRpi[index] ?? 0}` : '';
    return `${this.lines},${at},${this.price(rows.price[index] ?? 0)},${this.size(rows.size[index] ?? 0)},${side}${rpi}`;
  }

  private contract(rows: TradeRows, index: number): string {
    const { instrument, layout } = this;
    const price = rows.price[index] ?? 0;
    const lots = rows.size[index] ?? 0;
    this.direction = directionOf(this.direction, this.lastPrice, price);
    this.lastPrice = price;
    const side = rows.isSell[index] === 1 ? 'Sell' : 'Buy';
    const size = this.size(lots);
    const worth = turnoverOf(instrument, price, lots);
    const digits = turnoverDigits(instrument);
    const other = fixedText(worth, digits, false);
    const [home, foreign] = instrument.category === 'inverse' ? [other, size] : [size, other];
    const gross = grossText(worth * 10 ** (GROSS_DIGITS - digits), layout.hasRpi);
    const rpi = layout.hasRpi ? `,${rows.isRpi[index] ?? 0}` : '';
    const id = rows.idOf(rows.first + index);
    return `${this.time(rows.at[index] ?? 0)},${instrument.symbol},${side},${size},${this.price(price)},${this.direction},${id},${gross},${home},${foreign}${rpi}`;
  }

  private time(tenths: number): string {
    const seconds = Math.floor(tenths / TENTHS_A_SECOND);
    if (seconds !== this.second) {
      this.second = seconds;
      this.secondText = String(seconds);
    }
    const rest = tenths - seconds * TENTHS_A_SECOND;
    if (this.layout.hasWholeSeconds || rest === 0) return this.secondText;
    return `${this.secondText}.${fraction(rest)}`;
  }

  private price(ticks: number): string {
    const known = this.prices.get(ticks);
    if (known !== undefined) return known;
    if (this.prices.size >= TEXTS_MOST) this.prices.clear();
    const text = fixedText(ticks * this.instrument.tickUnits, this.instrument.priceDigits, false);
    this.prices.set(ticks, text);
    return text;
  }

  private size(lots: number): string {
    return fixedText(lots * this.instrument.lotUnits, this.instrument.sizeDigits, false);
  }
}

/** Tenths of a millisecond in a second, without zeros at their end. */
function fraction(rest: number): string {
  const text = String(TENTHS_A_SECOND + rest);
  let end = text.length;
  while (text.charCodeAt(end - 1) === ZERO) end -= 1;
  return text.slice(1, end);
}

/** 25633380000, or 2.563338e+10: two digits of exponent at least. */
function grossText(gross: number, isScientific: boolean): string {
  const whole = Math.round(gross);
  const text = String(whole);
  if (!isScientific || whole === 0) return text;
  let end = text.length;
  while (end > 1 && text.charCodeAt(end - 1) === ZERO) end -= 1;
  const exponent = text.length - 1;
  const digits = end === 1 ? text.slice(0, 1) : `${text.slice(0, 1)}.${text.slice(1, end)}`;
  return `${digits}e+${exponent < 10 ? '0' : ''}${exponent}`;
}
