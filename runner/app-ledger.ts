/** How the ledger of gaps and what a child is asked for are joined to the rest of the runner. */
import type { TowlineEvent } from '../shared/events/event.ts';
import type { UnixMs } from '../shared/time.ts';
import type { AppConfig, AppPorts } from './app-ports.ts';
import type { GapBook } from './intake/gaps.ts';
import { GapLedger, noLedgerStore } from './ledger/gap-ledger.ts';
import { Subscriber } from './subscriber.ts';

type Around = {
  readonly config: AppConfig;
  readonly gaps: GapBook;
  readonly subscriber: Subscriber;
  readonly lastLineAt: UnixMs | null;
  readonly dispatch: (event: TowlineEvent) => void;
};

export function appLedger(app: Around, { ledger, clock }: AppPorts): GapLedger {
  return new GapLedger({
    book: app.gaps,
    store: ledger ?? noLedgerStore,
    clock,
    nonce: app.config.nonce,
    onGap: (gap) => app.dispatch(gap),
    lastLineAt: () => app.lastLineAt,
    onSettled: () => app.subscriber.goOn(),
  });
}

export function appSubscriber(gaps: GapBook, { send, clock }: AppPorts): Subscriber {
  return new Subscriber({
    send,
    resumeOf: (topic) => gaps.resumeOf(topic, clock.unixMs()),
    owedOf: (topic) => gaps.owedOf(topic, clock.unixMs(), clock.monoMs()),
  });
}
