/** How the operator's side answers: JSON, with a sentence for what was wrong. */
import type { HttpAnswer } from '../rest/rest.ts';

const HEADERS = { 'content-type': 'application/json; charset=utf-8' };

/** An answer with a value. */
export function json(status: number, body: unknown): HttpAnswer {
  return jsonText(status, JSON.stringify(body));
}

/** An answer whose JSON is already a text. */
export function jsonText(status: number, body: string): HttpAnswer {
  return { status, headers: HEADERS, body };
}

/** The value of a body; undefined when it is no JSON. */
export function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
