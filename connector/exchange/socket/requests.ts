/**
 * What a client's text means and whether it may have what it asks for: the rules of a public socket.
 *
 * Contract sockets judge a request as a whole: the first topic that cannot be had refuses all of them and is the only
 * one named. Spot takes at most ten topics a request. A connection may hold 21,000 characters of topics. Nothing is
 * sent or subscribed here; the answer says what is to be done. Source: bybit-v5.md 2.4 to 2.6.
 */
import type { Connection } from '../feeds/connections.ts';
import type { Topic } from '../feeds/topics.ts';
import { refusal, successReply, undecodable, unknownTopic } from './replies.ts';

/** What is to be done about a client's text. */
export type RequestOutcome =
  | { readonly kind: 'pong'; readonly reply: string }
  | { readonly kind: 'refuse'; readonly reply: string }
  | { readonly kind: 'subscribe' | 'unsubscribe'; readonly topics: readonly Topic[]; readonly reply: string };

/** Finds a topic of a category, unless it does not exist or is refused on command. */
export type TopicLookup = (name: string) => Topic | undefined;

/** Spot's limit of topics in one request. */
const SPOT_ARGS_MOST = 10;
/** Characters of all topics of one connection; counted without quotes and commas, which Bybit leaves open. */
const CHARACTERS_MOST = 21_000;

/** Reads one text of a client. */
export function judgeRequest(connection: Connection, text: string, lookup: TopicLookup): RequestOutcome {
  const request = readObject(text);
  if (request === undefined) return { kind: 'refuse', reply: undecodable(connection, text) };
  const op = typeof request['op'] === 'string' ? request['op'] : '';
  const reqId = readReqId(request['req_id']);
  switch (op) {
    case 'ping':
      return { kind: 'pong', reply: successReply(connection, 'ping', reqId) };
    case 'subscribe':
      return judgeSubscribe(connection, readArgs(request['args']), reqId, lookup);
    case 'unsubscribe':
      return judgeUnsubscribe(connection, readArgs(request['args']), reqId, lookup);
    default:
      return { kind: 'refuse', reply: refusal(connection, op, 'error:invalid op', reqId) };
  }
}

function judgeSubscribe(
  connection: Connection,
  args: readonly string[],
  reqId: string | undefined,
  lookup: TopicLookup,
): RequestOutcome {
  const refuse = (message: string): RequestOutcome => ({
    kind: 'refuse',
    reply: refusal(connection, 'subscribe', message, reqId),
  });
  if (connection.category === 'spot' && args.length > SPOT_ARGS_MOST)
    return refuse(`args size >${SPOT_ARGS_MOST}`);
  const topics: Topic[] = [];
  let characters = connection.argsCharacters;
  for (const name of args) {
    const topic = lookup(name);
    if (topic === undefined)
      return { kind: 'refuse', reply: unknownTopic(connection, 'subscribe', name, reqId) };
    if (connection.topics.has(topic) || topics.includes(topic))
      return refuse(`error:already subscribed,topic:${name}`);
    topics.push(topic);
    characters += name.length;
  }
  if (characters > CHARACTERS_MOST) return refuse(`error:args length exceeds ${CHARACTERS_MOST}`);
  return { kind: 'subscribe', topics, reply: successReply(connection, 'subscribe', reqId) };
}

function judgeUnsubscribe(
  connection: Connection,
  args: readonly string[],
  reqId: string | undefined,
  lookup: TopicLookup,
): RequestOutcome {
  const topics: Topic[] = [];
  for (const name of args) {
    const topic = [...connection.topics].find((held) => held.name === name) ?? lookup(name);
    if (topic === undefined)
      return { kind: 'refuse', reply: unknownTopic(connection, 'unsubscribe', name, reqId) };
    topics.push(topic);
  }
  return { kind: 'unsubscribe', topics, reply: successReply(connection, 'unsubscribe', reqId) };
}

function readObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

function readReqId(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function readArgs(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : [];
}
