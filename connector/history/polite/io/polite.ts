/** The exchange as history may ask it: REST, candles, newest trades and files of the archive, all of them politely, put together. */

import { scopeOf } from '../../../../shared/bans.ts';
import { type Failure, fail, type Result } from '../../../../shared/errors.ts';
import { systemRandom } from '../../../../shared/io/clock.ts';
import type { Instrument } from '../../../../shared/market.ts';
import { proxyFor } from '../../../../shared/settings/proxy.ts';
import { type Clock, type Millis, type Random, type UnixMs, unixMs } from '../../../../shared/time.ts';
import { archivePath } from '../../../bybit/archive-files.ts';
import { keyEndpoint } from '../../../bybit/rest-key.ts';
import { marketRest } from '../../../bybit/rest-market.ts';
import { signedHeaders } from '../../../bybit/sign.ts';
import { type BanFile, noBanFile } from '../../../io/ban-file.ts';
import type { PatiencePorts } from '../../../io/patience.ts';
import { openRest } from '../../../io/rest.ts';
import { openDispatcher, openHttp } from '../../../io/rest-http.ts';
import { Gate } from '../../../rest/gate.ts';
import type { MarketRest } from '../../../rest/market-rest.ts';
import type { Ask } from '../../../rest/request.ts';
import { checkKey, type KeyCheck } from '../access.ts';
import { type CandleRange, type Candles, type CandlesPorts, readCandles } from '../candles.ts';
import type { Downloaded, DownloadFailure, DownloadWish } from '../downloads.ts';
import { PoliteManners } from '../manners.ts';
import { type RecentTail, readRecentTail } from '../recent.ts';
import type { HistorySettings } from '../settings.ts';
import { laneSnapshot, type PoliteSnapshot } from '../snapshot.ts';
import { archiveEndpoint, openArchives } from './archives.ts';

export type PolitePorts = {
  readonly clock: Clock;
  /** For the proxy. */
  readonly env: NodeJS.ProcessEnv;
  /** Tells the owner what costs speed; for the log. */
  readonly warn: (fields: { readonly event: string; readonly code: string }, message: string) => void;
  readonly random?: Random;
  readonly sleep?: PatiencePorts['sleep'];
  /** Shut-outs that other programs were told of; without it this one knows its own. */
  readonly bans?: BanFile | undefined;
};

export type DayWish = Omit<DownloadWish, 'url'> & { readonly instrument: Instrument; readonly date: string };

export type Polite = {
  /** Each question by itself. */
  readonly rest: MarketRest;
  readonly candles: (
    instrument: Instrument,
    range: CandleRange,
    onPage?: CandlesPorts['onPage'],
  ) => Promise<Result<Candles>>;
  readonly recent: (instrument: Instrument) => Promise<Result<RecentTail>>;
  /** The archive's file of a day. */
  readonly fetchDay: (wish: DayWish) => Promise<Result<Downloaded, DownloadFailure>>;
  /** Where that file is; undefined where there is none of this market. */
  readonly urlOfDay: (instrument: Instrument, date: string) => string | undefined;
  /** Asked once, however often this is called, and before any other question; `none` without a key. */
  readonly checkKey: () => Promise<KeyCheck>;
  readonly snapshot: () => PoliteSnapshot;
  readonly close: () => Promise<void>;
};

/** Signed requests are so much behind the exchange's clock: it takes none that is a second ahead, and old ones for five. */
const BEHIND_MS: Millis = 200;

export function openPolite(settings: HistorySettings, ports: PolitePorts): Polite {
  const { policy, rest: restPolicy } = settings;
  const { clock, random = systemRandom } = ports;
  const lanes = openLanes(settings, ports, random);
  const { client, closeHttp } = openClient(settings, ports, lanes, random);
  const archivePolicy = { ...restPolicy, ...policy.archive };
  const dispatcher = openDispatcher({
    proxyUrl: settings.archiveUrl === undefined ? undefined : proxyFor(settings.archiveUrl, ports.env),
    connections: policy.archive.concurrency,
    timeoutMs: restPolicy.timeoutMs,
  });
  const archives = openArchives(archivePolicy, { ...shared(ports, random), ...lanes.archive, dispatcher });
  const access = openAccess(settings, ports, lanes.rest.manners, client);

  // The first question waits for what the exchange says of the key; without one nothing waits.
  const ask: Ask = async (request) => {
    if (settings.key !== undefined) await access.check();
    return await client.ask(request);
  };
  const rest = marketRest(ask, restPolicy);
  const urlOfDay = (instrument: Instrument, date: string): string | undefined => {
    const path = archivePath(instrument, date);
    return path === undefined || settings.archiveUrl === undefined
      ? undefined
      : `${settings.archiveUrl}${path}`;
  };
  return {
    rest,
    candles: (instrument, range, onPage) =>
      readCandles(
        instrument,
        range,
        { ...policy.rest, questions: policy.manners.concurrencyKeyed },
        { rest, now: clock.unixMs, onPage },
      ),
    recent: (instrument) => readRecentTail(rest, instrument),
    fetchDay: async ({ instrument, date, ...wish }) => {
      const url = urlOfDay(instrument, date);
      if (url === undefined) return noFile(settings, instrument);
      return await archives.download({ ...wish, url });
    },
    urlOfDay,
    checkKey: access.check,
    snapshot: () => {
      const now = clock.monoMs();
      const { rest: restLane, archive } = lanes;
      const counts = archives.counts();
      return {
        ...access.state(),
        rest: laneSnapshot(
          { ...client.counts(), underWay: client.underWay() },
          restLane.manners.state(),
          restLane.gate.shut(now),
          clock,
        ),
        archive: {
          ...laneSnapshot(counts, archive.manners.state(), archive.gate.shut(now), clock),
          files: counts.files,
          bytes: counts.bytes,
        },
      };
    },
    close: async () => {
      client.close();
      archives.close();
      await Promise.all([closeHttp(), dispatcher.destroy()]);
    },
  };
}

type Lane = { readonly gate: Gate; readonly manners: PoliteManners };
type Lanes = { readonly rest: Lane; readonly archive: Lane };

/** Two hosts, each with its own shut-outs; but "too frequent" from either is meant for the whole address (bybit-v5.md 6.3). */
function openLanes(settings: HistorySettings, ports: PolitePorts, random: Random): Lanes {
  const { policy, rest } = settings;
  const { clock, bans = noBanFile } = ports;
  const { manners } = policy;
  const scopes = scopesOf(settings, ports.env);
  const gates = {
    rest: new Gate(rest, random, bans.of(scopes.rest, [scopes.archive])),
    archive: new Gate(rest, random, bans.of(scopes.archive, [scopes.rest])),
  };
  const banned = (failure: Failure): void => {
    for (const gate of Object.values(gates))
      gate.noted(archiveEndpoint, { kind: 'address' }, failure, clock.monoMs());
  };
  const { concurrencyPublic } = manners;
  return {
    rest: {
      gate: gates.rest,
      manners: new PoliteManners({ ...manners, concurrency: concurrencyPublic }, { clock, banned }),
    },
    archive: {
      gate: gates.archive,
      manners: new PoliteManners({ ...manners, concurrency: policy.archive.concurrency }, { clock, banned }),
    },
  };
}

function scopesOf({ restUrl = '', archiveUrl = '' }: HistorySettings, env: NodeJS.ProcessEnv) {
  return {
    rest: scopeOf('rest', restUrl, proxyFor(restUrl, env)),
    archive: scopeOf('archive', archiveUrl, proxyFor(archiveUrl, env)),
  };
}

function shared({ clock, sleep }: PolitePorts, random: Random): PatiencePorts {
  return { clock, random, sleep };
}

type Client = ReturnType<typeof openRest> & {
  /** What signed requests reckon with. */
  readonly clockIs: (offsetMs: Millis) => void;
};

function openClient(
  { restUrl, rest, key }: HistorySettings,
  ports: PolitePorts,
  lanes: Lanes,
  random: Random,
): { readonly client: Client; readonly closeHttp: () => Promise<void> } {
  let offsetMs: Millis = 0;
  const clockIs = (offset: Millis): void => {
    offsetMs = offset;
  };
  const http = openHttp({
    ...rest,
    baseUrl: restUrl ?? '',
    proxyUrl: restUrl === undefined ? undefined : proxyFor(restUrl, ports.env),
    connections: rest.concurrency,
    clock: ports.clock,
  });
  const signatureOf = (target: string) => {
    const [endpoint, query = ''] = target.split('?');
    const at: UnixMs = unixMs(ports.clock.unixMs() - offsetMs - BEHIND_MS);
    return key !== undefined && endpoint === keyEndpoint ? signedHeaders(key, query, at) : undefined;
  };
  const client = openRest(rest, {
    ...shared(ports, random),
    ...lanes.rest,
    get: (target, signal) => http.get(target, signal, signatureOf(target)),
  });
  const ask: Ask = async (request) =>
    restUrl === undefined
      ? fail(
          'request_refused',
          'which REST interface belongs to these sockets is not known: name it in BYBIT_REST_BASE_URL',
        )
      : await client.ask(request);
  return { client: { ...client, ask, clockIs }, closeHttp: http.close };
}

type Access = {
  readonly check: () => Promise<KeyCheck>;
  readonly state: () => Pick<PoliteSnapshot, 'access' | 'key'>;
};

function openAccess(
  { key, policy, rest }: HistorySettings,
  { warn }: PolitePorts,
  manners: PoliteManners,
  client: Client,
): Access {
  let known: KeyCheck | undefined = key === undefined ? { kind: 'none' } : undefined;
  let asked: Promise<KeyCheck> | undefined;
  const ask = async (): Promise<KeyCheck> => {
    const check = await checkKey({
      rest: marketRest(client.ask, rest),
      ask: client.ask,
      clockIs: client.clockIs,
    });
    known = check;
    if (check.kind === 'taken') manners.allow({ concurrency: policy.manners.concurrencyKeyed, delayMs: 0 });
    else if (check.kind !== 'none') {
      const { code, message } = check.failure;
      const what = check.kind === 'refused' ? 'the exchange refuses the key' : 'the key could not be checked';
      warn(
        { event: 'history_key_not_used', code },
        `${what} (${message}); history goes on without it, a little slower. This is told once`,
      );
    }
    return check;
  };
  return {
    check: async () => {
      if (known !== undefined) return known;
      asked ??= ask();
      return await asked;
    },
    state: () => ({
      access: known?.kind === 'taken' ? 'keyed' : 'public',
      key: known?.kind ?? 'unchecked',
    }),
  };
}

function noFile(
  { environment, archiveUrl }: HistorySettings,
  { category, symbol }: Instrument,
): Result<never, DownloadFailure> {
  const message =
    archiveUrl === undefined
      ? `no archive is known that belongs to this market (${environment}): name it in BYBIT_ARCHIVE_BASE_URL`
      : `${symbol} is no name of ${category}: its file would be of another market`;
  return { ok: false, failure: { code: 'refused', message } };
}
