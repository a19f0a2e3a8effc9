/**
 * Faults on command: an order is checked against what is listed, then performed or put on the board.
 */

import type { Exchange } from '../exchange.ts';
import type { Fault, RestFault } from '../faults/fault-kinds.ts';
import { FAULT_KINDS, readFault } from '../faults/fault-kinds.ts';
import { MALFORMED_FRAMES } from '../faults/malformed-frames.ts';
import type { Sockets } from '../feeds/connections.ts';
import type { DepthTopic, TickerTopic, Topic } from '../feeds/topics.ts';
import { CATEGORIES } from '../market/instruments.ts';
import type { Moment } from '../moment.ts';
import type { HttpAnswer } from '../rest/rest.ts';
import { json, parse } from './answers.ts';

/** The faults that are active; `sockets` of a silence: how many of those that it struck are still open. */
export function listFaults(exchange: Exchange, now: Moment): readonly Record<string, unknown>[] {
  exchange.faults.expire(now.mono);
  return exchange.faults.list.map(({ fault, until, left, sockets }) => ({
    ...fault,
    ...(until === undefined ? {} : { ends_in_ms: Math.ceil(until - now.mono) }),
    ...(Number.isFinite(left) ? { left } : {}),
    ...(sockets.size > 0
      ? { sockets: [...sockets].filter((one) => exchange.connections.has(one)).length }
      : {}),
  }));
}

/** Reads an order for a fault and performs it. */
export function orderFault(exchange: Exchange, sockets: Sockets, body: string, now: Moment): HttpAnswer {
  const read = readFault(parse(body));
  if ('problems' in read) return json(400, { error: read.problems.join('; '), kinds: FAULT_KINDS });
  const { fault } = read;
  if ('topic' in fault && fault.topic !== undefined && fault.kind !== 'refuse_topic') {
    const found = topicsNamed(exchange, fault.topic, fault.category);
    const wanted = wantedTopic(fault.kind);
    if (found.length === 0 || (wanted !== undefined && !found.some((topic) => wanted.fits(topic)))) {
      return json(400, {
        error: `topic ${fault.topic} is not ${found.length === 0 ? 'listed' : (wanted?.name ?? 'listed')}`,
        kinds: FAULT_KINDS,
      });
    }
  }
  return json(200, { applied: fault, sockets: applyFault(exchange, sockets, fault, now) });
}

/** Only topics that have deltas can have a snapshot among them. */
function canRestart(topic: Topic): topic is DepthTopic | TickerTopic {
  return topic.kind === 'depth' || (topic.kind === 'ticker' && topic.category !== 'spot');
}

/** Which topics a fault can concern, where not all can. */
function wantedTopic(
  kind: Fault['kind'],
): { readonly name: string; readonly fits: (topic: Topic) => boolean } | undefined {
  switch (kind) {
    case 'restart_book':
      return {
        name: 'an orderbook topic or a ticker of contracts',
        fits: canRestart,
      };
    case 'cross_book':
    case 'wrong_level':
      return { name: 'an orderbook topic', fits: (topic) => topic.kind === 'depth' };
    default:
      return undefined;
  }
}

/** Performs a fault; the answer is how many sockets it concerns at once. */
function applyFault(exchange: Exchange, sockets: Sockets, fault: Fault, now: Moment): number {
  const category = 'category' in fault ? fault.category : undefined;
  const struck = [...exchange.connections].filter(
    (one) => category === undefined || one.category === category,
  );
  if (isOfHttp(fault)) {
    exchange.faults.add(fault, now.mono, []);
    return 0;
  }
  switch (fault.kind) {
    case 'drop':
      exchange.socketCounts.dropped += struck.length;
      for (const connection of struck) sockets.terminate(connection);
      return struck.length;
    case 'malformed_frame':
      for (const connection of struck) {
        for (const text of fault.text === undefined ? MALFORMED_FRAMES : [fault.text])
          exchange.delivery.raw(connection, text);
      }
      return struck.length;
    case 'restart_book': {
      const topics = topicsNamed(exchange, fault.topic, category).filter(canRestart);
      for (const topic of topics) exchange.publisher.restart(topic, now);
      return topics.reduce((sum, topic) => sum + topic.subscribers.size, 0);
    }
    case 'cross_book':
    case 'wrong_level': {
      const topics = topicsNamed(exchange, fault.topic, category).filter((topic) => topic.kind === 'depth');
      for (const topic of topics)
        if (fault.kind === 'cross_book') exchange.publisher.cross(topic, now);
        else exchange.publisher.misstate(topic, now);
      return topics.reduce((sum, topic) => sum + topic.subscribers.size, 0);
    }
    case 'close_code':
      exchange.socketCounts.dropped += struck.length;
      for (const connection of struck) sockets.close(connection, fault.code, fault.reason ?? '');
      return struck.length;
    case 'half_open':
    case 'freeze':
      exchange.faults.add(fault, now.mono, struck);
      return struck.length;
    case 'mute':
    case 'refuse_topic':
    case 'skip_update':
    case 'duplicate_frame':
    case 'reorder_frames': {
      exchange.faults.add(fault, now.mono, []);
      if (fault.topic === undefined) return struck.length;
      return topicsNamed(exchange, fault.topic, category).reduce(
        (sum, topic) => sum + topic.subscribers.size,
        0,
      );
    }
    case 'dead_on_arrival':
      exchange.faults.add(fault, now.mono, []);
      return 0;
    case 'refuse_connections':
    case 'delay':
    case 'delay_ack':
    case 'lost_ack':
    case 'slow_drip':
    case 'clock_skew':
      exchange.faults.add(fault, now.mono, []);
      return struck.length;
  }
}

/** Does it concern REST or the archive, and no socket? */
function isOfHttp(fault: Fault): fault is Extract<Fault, { kind: RestFault['kind'] | 'rate_limit' | 'ban' }> {
  return fault.kind.startsWith('rest_') || ['archive_defect', 'rate_limit', 'ban'].includes(fault.kind);
}

function topicsNamed(exchange: Exchange, name: string, category: string | undefined): readonly Topic[] {
  return CATEGORIES.filter((one) => category === undefined || one === category).flatMap(
    (one) => exchange.topic(one, name) ?? [],
  );
}
