/** What each kind of answer means, for the question and for the next one. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { readAnswer } from '../../../connector/bybit/rest-envelope.ts';
import type { HttpAnswer } from '../../../connector/rest/request.ts';
import { unixMicros } from '../../../shared/time.ts';

const at = 1_750_000_000_000;

function answer(body: unknown, rest: Partial<HttpAnswer> = {}): HttpAnswer {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return {
    status: 200,
    headers: {},
    body: text,
    sentAt: unixMicros((at + 40) * 1_000),
    receivedAt: unixMicros((at + 60) * 1_000),
    tookMs: 20,
    ...rest,
  };
}

function envelope(retCode: number, retMsg = '', result: unknown = {}): unknown {
  return { retCode, retMsg, result, retExtInfo: {}, time: at };
}

/** Code and blame, or `answered`. */
function fate(said: HttpAnswer): string {
  const verdict = readAnswer(said);
  return verdict.kind === 'answered' ? 'answered' : `${verdict.failure.code} ${verdict.blame.kind}`;
}

describe('an answer with HTTP 200', () => {
  it('is an answer when retCode is 0, whatever its words and its result are', () => {
    for (const words of ['OK', 'success', 'SUCCESS', '', 'request.success'])
      assert.equal(fate(answer(envelope(0, words, null))), 'answered');
    const verdict = readAnswer(answer(envelope(0, 'OK', { list: [] })));
    assert.deepEqual(verdict, {
      kind: 'answered',
      answer: {
        result: { list: [] },
        exchangeAt: at,
        sentAt: (at + 40) * 1_000,
        receivedAt: (at + 60) * 1_000,
        tookMs: 20,
      },
    });
  });

  it('is judged by its retCode', () => {
    const fates: Readonly<Record<number, string>> = {
      429: 'rate_limited endpoint',
      [-2015]: 'auth_rejected request',
      10000: 'request_failed outage',
      10001: 'request_refused request',
      10003: 'auth_rejected request',
      10004: 'auth_rejected request',
      10005: 'auth_rejected request',
      10006: 'rate_limited endpoint',
      10007: 'auth_rejected request',
      10008: 'auth_rejected request',
      10010: 'auth_rejected request',
      33004: 'auth_rejected request',
      10009: 'region_blocked address',
      10016: 'request_failed outage',
      10017: 'request_refused request',
      10018: 'ip_banned address',
      10429: 'rate_limited endpoint',
      123456: 'request_refused request',
    };
    for (const [code, expected] of Object.entries(fates))
      assert.equal(fate(answer(envelope(Number(code), 'words'))), expected, code);
  });

  it('names code and words of a refusal, cut to a length', () => {
    const verdict = readAnswer(answer(envelope(10_001, `symbol invalid ${'x'.repeat(5_000)}`)));
    assert.ok(verdict.kind === 'failed');
    assert.match(verdict.failure.message, /^retCode 10001: symbol invalid x+$/);
    assert.ok(verdict.failure.message.length < 300);
  });

  it('is unreadable when it is a page, half an answer, empty, or has no clock', () => {
    const { time, ...timeless } = envelope(0) as { time: number };
    assert.equal(time, at);
    for (const body of [
      '<html><body>Please log in</body></html>',
      '{"retCode":0,"res',
      '',
      '[]',
      'null',
      timeless,
    ])
      assert.equal(fate(answer(body)), 'answer_bad outage', JSON.stringify(body));
    const verdict = readAnswer(answer('<html><body>Please <b>log in</b></body></html>'));
    assert.match(
      verdict.kind === 'failed' ? verdict.failure.message : '',
      /not the exchange's: Please log in$/,
    );
  });
});

describe('"asked too often"', () => {
  const reset = (value: string) => ({ headers: { 'x-bapi-limit-reset-timestamp': value } });
  const waitOf = (said: HttpAnswer) => {
    const verdict = readAnswer(said);
    return verdict.kind === 'failed' && verdict.blame.kind === 'endpoint'
      ? verdict.blame.waitMs
      : 'no endpoint';
  };

  it('says until when by the clock of the exchange, not by ours', () => {
    const early = { sentAt: unixMicros(1), receivedAt: unixMicros(2) };
    assert.equal(waitOf(answer(envelope(10_006), { ...reset(String(at + 700)), ...early })), 700);
  });

  it('does not say it on public endpoints, or says a moment that has passed', () => {
    assert.equal(waitOf(answer(envelope(10_006))), undefined);
    assert.equal(waitOf(answer(envelope(10_006), reset(String(at - 1)))), undefined);
    assert.equal(waitOf(answer(envelope(10_006), reset('soon'))), undefined);
  });

  it('may come as HTTP 429', () => {
    assert.equal(waitOf(answer('slow down', { status: 429 })), undefined);
    assert.equal(fate(answer('slow down', { status: 429 })), 'rate_limited endpoint');
  });
});

it('tells the refusals of what stands in front of the exchange apart', () => {
  const page = (words: string) => `<html><title>${words}</title></html>`;
  const fates: readonly (readonly [number, string, string, string?])[] = [
    [403, '403, access too frequent', 'ip_banned address'],
    [403, page('block access from your country'), 'region_blocked address'],
    [403, page('Request blocked'), 'region_blocked address', 'CloudFront'],
    [403, '', 'request_failed address'],
    [404, '404 page not found', 'request_refused request'],
    [407, '', 'request_failed outage'],
    [302, '', 'request_failed request'],
    [500, page('oops'), 'request_failed outage'],
    [503, '', 'request_failed outage'],
    [400, '', 'request_refused request'],
    [401, '', 'auth_rejected request'],
  ];
  for (const [status, body, expected, server] of fates) {
    const headers = server === undefined ? {} : { server };
    assert.equal(fate(answer(body, { status, headers })), expected, `${status} ${body}`);
  }
});

it('never throws, whatever the answer is', () => {
  fc.assert(
    fc.property(fc.integer({ min: 100, max: 599 }), fc.oneof(fc.string(), fc.json()), (status, body) => {
      readAnswer(answer(body, { status }));
      readAnswer(answer(body));
    }),
  );
});
