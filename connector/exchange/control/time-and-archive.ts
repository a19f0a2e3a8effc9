/**
 * The clock, the archive's delay and the key on command: what a test changes so that "the next day" comes.
 */
import type { Exchange } from '../exchange.ts';
import type { Moment } from '../moment.ts';
import { DAY_MS } from '../past/day.ts';
import type { HttpAnswer } from '../rest/rest.ts';
import { json, parse } from './answers.ts';

/** The clock jumps so far at once at most. */
const JUMP_MOST_MS = 400 * DAY_MS;
const DELAY_MOST_MS = 30 * DAY_MS;

/** `{"to":"2026-08-02T00:00:01Z"}` or `{"advance_ms":3600000}` puts the clock forward. Time never goes back. */
export function changeClock(exchange: Exchange, body: string, now: Moment): HttpAnswer {
  const { to, advance_ms: advance, ...others } = fields(body);
  const ms =
    typeof to === 'string' && advance === undefined
      ? Date.parse(to) - now.unix
      : Number(advance ?? Number.NaN);
  const isOne = (to === undefined) !== (advance === undefined) && Object.keys(others).length === 0;
  if (!isOne || !Number.isInteger(ms) || ms < 0 || ms > JUMP_MOST_MS) {
    return json(400, {
      error:
        'the body must be {"to": a time in UTC} or {"advance_ms": whole ms}; the clock goes forward only, by 400 days at most',
    });
  }
  exchange.advanceClock(ms);
  return json(200, { time: new Date(now.unix + ms).toISOString(), advanced_ms: ms });
}

/** `{"delay_ms":0}`: how long after its end a day's file appears. */
export function changeArchive(exchange: Exchange, body: string): HttpAnswer {
  const { delay_ms: delay, ...others } = fields(body);
  const isGood = Number.isInteger(delay) && Number(delay) >= 0 && Number(delay) <= DELAY_MOST_MS;
  if (!isGood || Object.keys(others).length > 0)
    return json(400, { error: `the body must be {"delay_ms": a whole number from 0 to ${DELAY_MOST_MS}}` });
  exchange.archiveDelayMs = Number(delay);
  return json(200, { delay_ms: exchange.archiveDelayMs });
}

/** `{"readOnly":0,"permissions":{"Wallet":["Withdraw"]},"ips":["10.0.0.1"]}`: what query-api says of the key; left out stays. */
export function changeKey(exchange: Exchange, body: string): HttpAnswer {
  const { readOnly = exchange.keyInfo.readOnly, permissions, ips, ...others } = fields(body);
  const lists = permissions === undefined ? exchange.keyInfo.permissions : permissionsFrom(permissions);
  const addresses = ips === undefined ? exchange.keyInfo.ips : textsFrom(ips);
  const isKnown = Object.keys(others).length === 0 && (readOnly === 0 || readOnly === 1);
  if (!isKnown || lists === undefined || addresses === undefined) {
    return json(400, {
      error:
        'the body may have {"readOnly": 0 or 1, "permissions": {"Spot": ["SpotTrade"]}, "ips": ["10.0.0.1"]}',
    });
  }
  exchange.keyInfo = { readOnly, permissions: lists, ips: addresses };
  return json(200, exchange.keyInfo);
}

function fields(body: string): Readonly<Record<string, unknown>> {
  const value = parse(body);
  // What is no object has none of the fields, which is then what is said to be wrong.
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? { ...value }
    : { not_an_object: true };
}

function textsFrom(value: unknown): readonly string[] | undefined {
  return Array.isArray(value) && value.every((one) => typeof one === 'string') ? value : undefined;
}

function permissionsFrom(value: unknown): Readonly<Record<string, readonly string[]>> | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const lists: Record<string, readonly string[]> = {};
  for (const [name, list] of Object.entries(value)) {
    const texts = textsFrom(list);
    if (texts === undefined) return undefined;
    lists[name] = texts;
  }
  return lists;
}
