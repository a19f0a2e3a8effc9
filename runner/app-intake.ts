/** The gate of the app: what it expects of a child, and who hears of what it finds. */
import type { AppConfig, AppPorts } from './app-ports.ts';
import { Intake } from './intake/intake.ts';

/** `generation` is that of the present child. `unread` hears of what may have been a trade, before the line that follows is told. */
export function appIntake(
  config: AppConfig,
  ports: AppPorts,
  generation: () => number,
  unread: (line: string | undefined) => void,
): Intake {
  const { log } = ports;
  const [first, ...more] = config.instruments;
  const only = more.length === 0 && config.mayGrow !== true ? first?.symbol : undefined;
  return new Intake(
    { category: config.category, symbol: only },
    (jump) => {
      log.error({ event: 'line_number_jump', ...jump }, 'lines of the connector were lost or doubled: a bug');
      ports.flight?.fault('line_number_jump', jump);
    },
    {
      expected: config.expected,
      onSignOfLife: () => ports.heard(generation()),
      onUnread: unread,
      onRefused: (refusal) => {
        log.error({ event: 'connector_refused', cause: refusal.cause }, refusal.message);
        ports.refuse(generation(), refusal);
      },
    },
  );
}
