/** The backfill in the real world: the child that tells history, and what the runner knows of its symbols. */
import { ok } from '../../../shared/errors.ts';
import { historyPolicy } from '../../../shared/history-policy.ts';
import { systemRandom } from '../../../shared/io/clock.ts';
import type { FreeDisk } from '../../../shared/io/free-disk.ts';
import type { Logger } from '../../../shared/io/log.ts';
import { instrumentKey } from '../../../shared/market.ts';
import type { Policy } from '../../../shared/policy.ts';
import type { Span } from '../../../shared/spans.ts';
import type { Clock } from '../../../shared/time.ts';
import type { App } from '../../app.ts';
import type { Config } from '../../config/config.ts';
import { parseBinSize } from '../../context/day/bin-size.ts';
import type { Recorder } from '../../history/recorder.ts';
import { openSpanOf } from '../../intake/gaps.ts';
import { isNamed } from '../../symbols/symbol-set.ts';
import { Backfill } from '../backfill.ts';
import type { OpenGaps } from '../ports.ts';
import { historyStarter } from './history-child.ts';

export type BackfillSources = {
  readonly config: Config;
  readonly policy: Policy;
  readonly clock: Clock;
  readonly log: Logger;
  readonly app: App;
  readonly flight: { readonly disk: Pick<FreeDisk, 'fault'> };
  readonly symbols: { readonly desk: { readonly sources: ReadonlyMap<string, string> } };
  /** Undefined when nothing is recorded. */
  readonly recording: { readonly recorder: Pick<Recorder, 'cut'> } | undefined;
};

export function openBackfill(sources: BackfillSources): Backfill {
  const { config, clock, log, app, symbols, flight, recording } = sources;
  const { of } = config.backfill;
  const moment = () => app.context.moment(clock.monoMs(), clock.unixMs());
  return new Backfill({
    policy: historyPolicy(config.timeScale).backfill,
    keptDays: config.backfill.keptDays,
    clock,
    random: systemRandom,
    log,
    refusal: () => refusalOf(config, app),
    diskFault: () => flight.disk.fault(),
    instruments: () =>
      app
        .instruments()
        .filter(
          (instrument) =>
            (of === 'all' || isNamed(instrument, symbols.desk.sources)) &&
            app.context.instrument(instrument)?.tradesFeed !== undefined,
        ),
    moment,
    days: (instrument) => app.context.numbers.begin(instrument, moment())?.days,
    tickSize: (instrument) => {
      // The exchange writes some as 0.10; bins are asked for in the shortest text.
      const known = parseBinSize(app.context.numbers.facts(instrument)?.tick_size ?? '')?.text;
      return { text: known ?? config.context.profileTickSize, isKnown: known !== undefined };
    },
    gaps: () => openGaps(app),
    closeGaps: (instrument, spans) => app.closeByArchive(instrument, spans),
    cut: () => recording?.recorder.cut() ?? Promise.resolve(ok({ positions: [] })),
    start: historyStarter(sources),
    onChange: () => app.tell('health'),
  });
}

/** Why no history is fetched, in words; null when it is. */
function refusalOf({ backfill, connector }: Config, app: App): string | null {
  if (backfill.of === 'off')
    return 'history is switched off (BACKFILL=off or CONTEXT_BACKFILL_TEST_MODE=true): today begins with the first trade that was seen';
  if (connector.history === undefined)
    return `the connector (${connector.name}) has no program that tells history: name one in its profile ("history")`;
  return app.context.clock === 'replay' ? 'what is replayed has no history' : null;
}

function openGaps(app: App): OpenGaps {
  const ended = new Map<string, Span[]>();
  const endless = new Set<string>();
  for (const gap of app.gaps.all()) {
    if (gap.channel !== 'trades' || gap.state !== 'open') continue;
    const span = openSpanOf(gap);
    const key = instrumentKey(gap);
    if (span === undefined) endless.add(key);
    else if (ended.has(key)) ended.get(key)?.push(span);
    else ended.set(key, [span]);
  }
  return { ended, endless };
}
