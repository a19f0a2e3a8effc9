/** The desk of symbols in the real world: its file in DATA_DIR, the log, and the app that it tells what is wanted. */
import { systemRandom } from '../../../shared/io/clock.ts';
import type { Logger } from '../../../shared/io/log.ts';
import type { Policy } from '../../../shared/policy.ts';
import type { Clock } from '../../../shared/time.ts';
import type { App } from '../../app.ts';
import type { Config } from '../../config/config.ts';
import type { SavedSymbols } from '../saved-symbols.ts';
import { type DeskPorts, type SymbolChange, SymbolDesk } from '../symbol-desk.ts';
import { symbolsFile } from './symbols-file.ts';

/** Symbols that a line names; of more only the number is told. */
const NAMED = 20;

export type SymbolSources = {
  readonly config: Config;
  readonly policy: Policy;
  readonly clock: Clock;
  readonly log: Logger;
  readonly send: DeskPorts['send'];
  /** Asked only once the app is there. */
  readonly app: () => App;
};

export type Symbols = {
  readonly desk: SymbolDesk;
  /** When all that is to be remembered is written. */
  readonly settled: () => Promise<void>;
};

export function openSymbols({ config, policy, clock, log, send, app }: SymbolSources): Symbols {
  const { environment, clock: kind } = config.connector;
  const name = `${environment ?? 'unknown'}${kind === 'replay' ? '-replay' : ''}`;
  const file = symbolsFile(config.dataDir, name, log);
  const saved = file.read();
  const desk = new SymbolDesk({ ...config, policy: policy.symbols, needsTickSizes: true }, saved, {
    clock,
    random: systemRandom,
    send,
    want: (topic) => app().want(topic),
    unwant: (topic) => app().unwant(topic),
    save: file.save,
    changed: (change) => {
      const text = changeText(change);
      log.info({ event: 'symbols_changed', cause: change.cause, ...named(change) }, text);
      app().watchers.live('symbols', text);
    },
    failed: (category, reason, using) => {
      const then =
        using === 'older' ? 'the list of before is used' : 'nothing is subscribed for its filters yet';
      log.warn({ event: 'symbols_unresolved', category, reason, using }, `${then}; it is asked again`);
    },
  });
  if (desk.hasFilters || saved.added.length + saved.removed.length > 0) tellSaved(desk, saved, log);
  return { desk, settled: file.settled };
}

function tellSaved(desk: SymbolDesk, saved: SavedSymbols, log: Logger): void {
  const lists = desk.states().map(({ filters, symbols, at }) => ({
    filters,
    symbols,
    at: at === null ? null : new Date(at).toISOString(),
  }));
  log.info(
    {
      event: 'symbols_restored',
      topics: desk.topics.size,
      lists,
      added_by_hand: saved.added.length,
      removed_by_hand: saved.removed.length,
    },
    'what an earlier run knew of the symbols is used until the exchange is asked',
  );
}

function changeText({ cause, added, removed }: SymbolChange): string {
  const parts = [
    ...(added.length > 0 ? [`${added.length} new (${listed(added)})`] : []),
    ...(removed.length > 0 ? [`${removed.length} gone (${listed(removed)})`] : []),
  ];
  return `symbols, ${cause}: ${parts.join(', ')}`;
}

function named({ added, removed }: SymbolChange) {
  return {
    added: added.length,
    removed: removed.length,
    added_symbols: added.slice(0, NAMED),
    removed_symbols: removed.slice(0, NAMED),
  };
}

function listed(keys: readonly string[]): string {
  return keys.slice(0, NAMED).join(', ') + (keys.length > NAMED ? ' ...' : '');
}
