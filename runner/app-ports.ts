/** What the app is told at its start, and whom it can reach. */

import type { InstrumentEvent } from '../shared/events/market-events.ts';
import type { ErrorEvent, ReplyEvent } from '../shared/events/process-events.ts';
import type { Logger } from '../shared/io/log.ts';
import type { Instrument, Topic } from '../shared/market.ts';
import type { Policy } from '../shared/policy.ts';
import type { Clock } from '../shared/time.ts';
import type { ContextSettings } from './context/context-settings.ts';
import type { FlightDesk } from './flight/flight-desk.ts';
import type { Recorder } from './history/recorder.ts';
import type { ExpectedChild } from './intake/child-identity.ts';
import type { LedgerStore } from './ledger/gap-ledger.ts';
import type { SubscriberPorts } from './subscriber.ts';
import type { Refusal } from './supervisor/deaths.ts';

export type AppConfig = {
  readonly instruments: readonly Instrument[];
  readonly topics: readonly Topic[];
  /** More symbols may come while it runs: what a child leaves unnamed is then never the only one. */
  readonly mayGrow?: boolean;
  readonly category: Instrument['category'];
  readonly bufferSize: number;
  readonly policy: Policy;
  /** Of the numbers that are reckoned from trades and liquidations; what is usual when left out. */
  readonly context?: ContextSettings;
  /** Who the children must be, as far as the profile says it. */
  readonly expected?: ExpectedChild;
  /** Makes the gap ids of this run unique. */
  readonly nonce: string;
};

export type AppPorts = {
  readonly clock: Clock;
  readonly log: Logger;
  /** The child of this generation said something valid. */
  readonly heard: (generation: number) => void;
  readonly announcedReady: (generation: number) => void;
  /** The child of this generation is not the one that was asked for: nothing of it is taken any more. */
  readonly refuse: (generation: number, refusal: Refusal) => void;
  /** The child of this generation gives no data whatever it tries. */
  readonly replaceChild?: (generation: number, message: string) => void;
  readonly send: SubscriberPorts['send'];
  /** Hears what concerns the list of what is traded. */
  readonly symbols?: {
    readonly told: (event: InstrumentEvent) => void;
    readonly replied: (event: ReplyEvent) => void;
    readonly erred: (event: ErrorEvent) => void;
    /** What the exchange says of an instrument; undefined while it is not known. */
    readonly facts?: (instrument: Instrument) => InstrumentEvent | undefined;
  };
  /** Where the ledger of gaps is kept; without it nothing of it outlives the process. */
  readonly ledger?: LedgerStore;
  /** Records trades; absent when nothing is recorded. */
  readonly recorder?: Pick<Recorder, 'heard' | 'unwanted'> | undefined;
  /** The flight recorder; absent when it is switched off. */
  readonly flight?: Pick<FlightDesk, 'heard' | 'fault'> | undefined;
};
