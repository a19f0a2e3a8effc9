/** Shut-outs that history shares with the runner's connector and with its own next life: in the same folder as that one's. */
import { type BanFile, openBanFile } from '../../../io/ban-file.ts';
import { variable } from '../../../settings.ts';
import type { PolitePorts } from '../../polite/io/polite.ts';
import type { HistorySettings } from '../../polite/settings.ts';

/** @param dataDir - DATA_DIR; a runner names another folder to its children where it remembers elsewhere (TOWLINE_STATE_DIR) */
export function sharedBans(
  dataDir: string,
  { rest }: HistorySettings,
  { clock, env, warn }: Pick<PolitePorts, 'clock' | 'env' | 'warn'>,
): BanFile {
  return openBanFile(variable(env, 'TOWLINE_STATE_DIR')?.text ?? dataDir, {
    clock,
    longestMs: rest.shutOutMs,
    warn: (event, words) => warn({ event, code: event }, words),
  });
}
