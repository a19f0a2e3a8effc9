import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type AccessPolicy, type AccessRequest, judgeAccess } from '../../../runner/api/access.ts';
import { assertRefused, localAccess, openApi } from './open-api.ts';

const read: AccessRequest = {
  method: 'GET',
  host: 'localhost:8000',
  origin: undefined,
  authorization: undefined,
  remoteAddress: '127.0.0.1',
  isForwarded: false,
};
const write: AccessRequest = { ...read, method: 'POST' };
const open: AccessPolicy = {
  host: '0.0.0.0',
  allowedNames: ['bot.example.org', 'dev.local:5173', '[fd00::7]:9000'],
  token: 's3cret',
};

const cases: readonly { name: string; request: AccessRequest; policy?: AccessPolicy; want: string | null }[] =
  [
    { name: 'localhost with a port', request: read, want: null },
    { name: 'any address of the loopback net', request: { ...read, host: '127.9.9.9:8000' }, want: null },
    { name: 'IPv6 loopback', request: { ...read, host: '[::1]:8000' }, want: null },
    { name: 'capitals', request: { ...read, host: 'LocalHost' }, want: null },
    {
      name: 'a name that was rebound to us',
      request: { ...read, host: 'evil.example:8000' },
      want: 'host_refused',
    },
    {
      name: 'a name that only begins like ours',
      request: { ...read, host: 'localhost.evil.example' },
      want: 'host_refused',
    },
    {
      name: 'a name that looks like a loopback address',
      request: { ...read, host: '127.evil.example' },
      want: 'host_refused',
    },
    { name: 'no Host', request: { ...read, host: undefined }, want: 'host_refused' },
    { name: 'an empty Host', request: { ...read, host: '' }, want: 'host_refused' },
    {
      name: 'a Host with a user in it',
      request: { ...read, host: 'localhost@evil.example' },
      want: 'host_refused',
    },
    {
      name: 'another address while we listen on one',
      request: { ...read, host: '10.0.0.7' },
      want: 'host_refused',
    },
    {
      name: 'an address while we listen everywhere',
      request: { ...read, host: '10.0.0.7:8000' },
      policy: open,
      want: null,
    },
    {
      name: 'a strange name while we listen everywhere',
      request: { ...read, host: 'evil.example' },
      policy: open,
      want: 'host_refused',
    },
    {
      name: 'a configured name',
      request: { ...read, host: 'bot.example.org:8000' },
      policy: open,
      want: null,
    },
    {
      name: 'a configured name while we listen on loopback alone (behind a proxy)',
      request: { ...read, host: 'Bot.Example.org' },
      policy: { ...open, host: '127.0.0.1' },
      want: null,
    },
    {
      name: 'a configured address in brackets',
      request: { ...read, host: '[fd00::7]:9000' },
      policy: { ...open, host: '127.0.0.1' },
      want: null,
    },
    {
      name: 'a name that only ends like a configured one',
      request: { ...read, host: 'evil-bot.example.org' },
      policy: open,
      want: 'host_refused',
    },
    {
      name: 'a configured origin where a proxy changes the Host',
      request: { ...read, origin: 'https://bot.example.org' },
      policy: open,
      want: null,
    },
    {
      name: 'a configured name as origin with a port that is not',
      request: { ...read, origin: 'http://bot.example.org:3000' },
      policy: open,
      want: 'origin_refused',
    },
    { name: 'our own origin', request: { ...read, origin: 'http://localhost:8000' }, want: null },
    {
      name: 'our own origin behind TLS',
      request: { ...read, host: 'bot.example.org', origin: 'https://bot.example.org' },
      policy: open,
      want: null,
    },
    {
      name: 'a foreign origin',
      request: { ...read, origin: 'https://evil.example' },
      want: 'origin_refused',
    },
    {
      name: 'another port of this machine',
      request: { ...read, origin: 'http://localhost:3000' },
      want: 'origin_refused',
    },
    {
      name: 'a configured origin',
      request: { ...read, origin: 'http://dev.local:5173' },
      policy: open,
      want: null,
    },
    { name: 'the origin "null" of a sandbox', request: { ...read, origin: 'null' }, want: 'origin_refused' },
    { name: 'an origin that is no URL', request: { ...read, origin: 'http://' }, want: 'origin_refused' },
    { name: 'a local write', request: write, want: null },
    {
      name: 'a local write of a foreign page',
      request: { ...write, origin: 'https://evil.example' },
      want: 'origin_refused',
    },
    {
      name: 'a local write as IPv4 within IPv6',
      request: { ...write, remoteAddress: '::ffff:127.0.0.1' },
      want: null,
    },
    {
      name: 'a remote write without a token',
      request: { ...write, remoteAddress: '10.0.0.9' },
      policy: open,
      want: 'token_required',
    },
    {
      name: 'a remote write with the token',
      request: { ...write, remoteAddress: '10.0.0.9', authorization: 'Bearer s3cret' },
      policy: open,
      want: null,
    },
    {
      name: 'a remote write with a wrong token',
      request: { ...write, remoteAddress: '10.0.0.9', authorization: 'Bearer s3creT' },
      policy: open,
      want: 'token_required',
    },
    {
      name: 'a remote write where no token is set',
      request: { ...write, remoteAddress: '10.0.0.9', authorization: 'Bearer ' },
      want: 'token_required',
    },
    {
      name: 'a remote write against an empty token',
      request: { ...write, remoteAddress: '10.0.0.9', authorization: 'Bearer x' },
      policy: { ...open, token: '' },
      want: 'token_required',
    },
    {
      name: 'a write through a proxy on this machine',
      request: { ...write, isForwarded: true },
      want: 'token_required',
    },
    {
      name: 'a write of an unknown peer',
      request: { ...write, remoteAddress: undefined },
      want: 'token_required',
    },
    { name: 'a remote read', request: { ...read, remoteAddress: '10.0.0.9' }, want: null },
  ];

for (const { name, request, policy = localAccess, want } of cases) {
  test(`${name}: ${want ?? 'may pass'}`, () => {
    assert.equal(judgeAccess(request, policy)?.code ?? null, want);
  });
}

test('refusals come in the one shape, for unknown paths too', async (t) => {
  const { ask } = await openApi(t);
  const rebound = { host: 'evil.example:8000' };
  assertRefused(await ask('/trades', { headers: rebound }), 403, 'host_refused', 'evil.example');
  assertRefused(await ask('/nowhere', { headers: rebound }), 403, 'host_refused');
  assertRefused(await ask('/', { headers: rebound }), 403, 'host_refused');
  assertRefused(await ask('/docs', { headers: rebound }), 403, 'host_refused');
  const foreign = { origin: 'https://evil.example' };
  assertRefused(await ask('/stream', { headers: foreign }), 403, 'origin_refused', 'evil.example');
});

test('a remote write is asked for its token before anything else is said', async (t) => {
  const { ask } = await openApi(t);
  const answer = await ask('/nowhere', { method: 'POST', remoteAddress: '10.0.0.9' });
  assertRefused(answer, 401, 'token_required', 'API_TOKEN');
  assert.equal(answer.headers['www-authenticate'], 'Bearer');
});
