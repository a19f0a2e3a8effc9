/** An analysis on demand, and what the strategies have to see, as the API shows them. */
import type { Instrument } from '../../shared/market.ts';
import type { Figure } from '../context/day/coverage.ts';
import { regimeOfDay } from '../context/flow/regime-of-day.ts';
import type { AnalysisPayload, DiagnosticsPayload } from './analysis-payloads.ts';
import type { ApiPorts } from './ports.ts';
import { presentGate, presentStrategies } from './present-health.ts';
import { isoTime, presentSignal } from './present-market.ts';
import type { AnalysisView } from './views.ts';

type Input = DiagnosticsPayload['inputs'][number];

export function presentAnalysis({ signals, gate, strategies, answered }: AnalysisView): AnalysisPayload {
  return {
    signals: signals.map(presentSignal),
    gate: presentGate(gate),
    strategies: strategies.map(({ name, state }, index) => ({
      name,
      state,
      answered: answered[index] === true,
    })),
  };
}

export function presentDiagnostics(ports: ApiPorts, instrument: Instrument): DiagnosticsPayload {
  const { symbol, category } = instrument;
  return {
    symbol,
    category,
    ts: isoTime(ports.now()),
    session: ports.context.days(instrument)?.session ?? null,
    ...presentStrategies(ports.strategies()),
    inputs: inputsOf(ports, instrument),
  };
}

function inputsOf(ports: ApiPorts, instrument: Instrument): Input[] {
  const { context } = ports;
  const days = context.days(instrument);
  const cvd = context.cvd(instrument);
  const book = ports.book(instrument);
  const backfill = context.backfill();
  const price = ports.lastPrice(instrument);
  return [
    { name: 'price', ok: price !== undefined, state: price === undefined ? 'unknown' : 'known', reasons: [] },
    days === undefined ? notSubscribed('levels') : figureInput('levels', days.today.vwap),
    days === undefined
      ? notSubscribed('regime')
      : figureInput('regime', regimeOfDay(days.today, days.session)),
    cvd === undefined
      ? notSubscribed('cvd')
      : { name: 'cvd', ok: cvd.complete, state: cvd.complete ? 'complete' : 'incomplete', reasons: [] },
    book === undefined
      ? notSubscribed('orderbook')
      : {
          name: 'orderbook',
          ok: book.valid,
          state: book.valid ? 'valid' : 'invalid',
          reasons: book.reason === null ? [] : [book.reason],
        },
    context.clusters(instrument, undefined) === undefined
      ? notSubscribed('liquidations')
      : { name: 'liquidations', ok: true, state: 'subscribed', reasons: [] },
    {
      name: 'history',
      ok: backfill.status === 'complete',
      state: backfill.status,
      reasons: backfill.reason === null ? [] : [backfill.reason],
    },
  ];
}

function figureInput(
  name: Input['name'],
  { exactness, reasons }: Pick<Figure<unknown>, 'exactness' | 'reasons'>,
): Input {
  return { name, ok: exactness !== 'absent', state: exactness, reasons: [...reasons] };
}

function notSubscribed(name: Input['name']): Input {
  return { name, ok: false, state: 'not_subscribed', reasons: [] };
}
