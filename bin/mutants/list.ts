/** All mutants, in the order in which they are tried. */
import { backfillMutants } from './backfill-mutants.ts';
import { backtestMutants } from './backtest-mutants.ts';
import { candleMutants } from './candle-mutants.ts';
import { channelMutants } from './channel-mutants.ts';
import { connectorMutants } from './connector-mutants.ts';
import { contextMutants } from './context-mutants.ts';
import { dayMutants } from './day-mutants.ts';
import { flowMutants } from './flow-mutants.ts';
import { healingMutants } from './healing-mutants.ts';
import { hftMutants } from './hft-mutants.ts';
import { historyMutants } from './history-mutants.ts';
import { joinMutants } from './join-mutants.ts';
import { ledgerMutants } from './ledger-mutants.ts';
import type { Mutant } from './mutant.ts';
import { muteMutants } from './mute-mutants.ts';
import { planMutants } from './plan-mutants.ts';
import { processMutants } from './process-mutants.ts';
import { quietMutants } from './quiet-mutants.ts';
import { recorderMutants } from './recorder-mutants.ts';
import { runnerMutants } from './runner-mutants.ts';
import { sharedMutants } from './shared-mutants.ts';
import { silenceMutants } from './silence-mutants.ts';
import { storedMutants } from './stored-mutants.ts';
import { strategyMutants } from './strategy-mutants.ts';
import { supervisorMutants } from './supervisor-mutants.ts';
import { symbolMutants } from './symbol-mutants.ts';
import { tradeAuditMutants } from './trade-audit-mutants.ts';

export const mutants: readonly Mutant[] = [
  ...sharedMutants,
  ...channelMutants,
  ...connectorMutants,
  ...healingMutants,
  ...tradeAuditMutants,
  ...silenceMutants,
  ...muteMutants,
  ...quietMutants,
  ...supervisorMutants,
  ...symbolMutants,
  ...runnerMutants,
  ...ledgerMutants,
  ...candleMutants,
  ...dayMutants,
  ...flowMutants,
  ...contextMutants,
  ...strategyMutants,
  ...planMutants,
  ...historyMutants,
  ...backfillMutants,
  ...joinMutants,
  ...storedMutants,
  ...recorderMutants,
  ...hftMutants,
  ...backtestMutants,
  ...processMutants,
];
