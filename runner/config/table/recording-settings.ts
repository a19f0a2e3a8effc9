/** Settings of the recorder of trades (DESIGN 7.4, history). */
import { choice, integer, setting } from '../setting.ts';

export const recordingSettings = {
  RECORD_TRADES: setting({
    group: 'history',
    value: choice(['named', 'all', 'off']),
    default: 'named',
    readBy: 'runner',
    does: 'Whose trades are recorded, as they come, in DATA_DIR/recording: of symbols that SYMBOLS names or that were added by hand (named), of those that filters chose as well (all), or none (off). After a restart what was recorded today is known exactly, without being fetched again.',
  }),
  RECORD_KEPT_DAYS: setting({
    group: 'history',
    value: integer(1, 3_650),
    unit: 'days',
    default: '30',
    readBy: 'runner',
    does: 'Recorded days that are older than this are removed.',
  }),
  RECORD_MAX_MB: setting({
    group: 'history',
    value: integer(1, 100_000_000),
    unit: 'MB',
    default: '20000',
    readBy: 'runner',
    does: 'When all recorded days together take more, the oldest are removed. When today alone takes more, recording pauses until tomorrow. A million trades take some 130 MB.',
  }),
};
