/**
 * Who a child is: the environment and the clock of its data, and the version of the line protocol that it speaks.
 *
 * Tape, candles, gaps and ids of trades have no room for two environments, so a runner serves one for its whole life: what
 * the profile names, or else what the first child that says it names (the same for the clock). A child that says anything
 * else is refused for good: the same command would say it again. What a child leaves out is taken on trust, since a
 * connector of a few lines says none of it (DESIGN 7.1); a protocol that is not named is version 1.
 */
import { z } from 'zod';
import { PROTOCOL_VERSION } from '../../shared/events/event.ts';
import type { StatusEvent } from '../../shared/events/process-events.ts';
import type { ClockKind, Environment } from '../../shared/market.ts';
import { parseObject } from '../../shared/wire.ts';
import type { Refusal } from '../supervisor/deaths.ts';

/** What the profile promises of its child; what is left out only the child knows. */
export type ExpectedChild = {
  readonly environment?: Environment | undefined;
  readonly clock?: ClockKind | undefined;
};

/** Where the knowledge is from. */
type Source = 'the profile says' | 'it said before that it is';
type Known<T extends string> = { readonly value: T; readonly source: Source };

/**
 * The same fields in a line that our schemas do not accept: another version of the protocol may write a `ready` that is bad
 * in ours, and another network may have a name that we do not know.
 */
const looseClaimSchema = z.object({
  type: z.literal('status'),
  environment: z.string().max(40).optional().catch(undefined),
  clock: z.string().max(40).optional().catch(undefined),
  protocol: z
    .union([z.number(), z.string().max(40)])
    .optional()
    .catch(undefined),
});
type Claim = Omit<z.infer<typeof looseClaimSchema>, 'type'>;

export class ChildIdentity {
  #environment: Known<Environment> | undefined;
  #clock: Known<ClockKind> | undefined;
  #introduced = false;

  constructor({ environment, clock }: ExpectedChild = {}) {
    this.#environment = knownFrom('the profile says', environment);
    this.#clock = knownFrom('the profile says', clock);
  }

  childStarted(): void {
    this.#introduced = false;
  }

  /**
   * May data of the present child be taken? Where nothing is known there is nothing to protect; otherwise its first `ready`
   * or `connected`, or the name of its environment, has to come before its data.
   */
  get mayTell(): boolean {
    return this.#introduced || (this.#environment === undefined && this.#clock === undefined);
  }

  /** A status of the present child. Answers why the child is refused, if it is. */
  onStatus(event: StatusEvent): Refusal | undefined {
    const refusal = this.#judge(event);
    if (refusal !== undefined) return refusal;
    const { environment, clock, status } = event;
    this.#environment ??= knownFrom('it said before that it is', environment);
    this.#clock ??= knownFrom('it said before that it is', clock);
    if (status === 'ready' || status === 'connected' || environment !== undefined) this.#introduced = true;
    return undefined;
  }

  /** A line of the present child that is not a valid event. Answers why the child is refused, if it is. */
  onBadLine(line: string): Refusal | undefined {
    // Whoever writes garbage writes much of it: only what may be a status is read a second time.
    if (!line.includes('"status"')) return undefined;
    const raw = parseObject(line);
    const claim = raw.ok ? looseClaimSchema.safeParse(raw.value) : undefined;
    return claim?.success === true ? this.#judge(claim.data) : undefined;
  }

  #judge({ protocol, environment, clock }: Claim): Refusal | undefined {
    if (protocol !== undefined && Number(protocol) !== PROTOCOL_VERSION)
      return {
        cause: 'wrong_protocol',
        message: `the connector speaks version ${protocol} of the line protocol, but this runner speaks version ${PROTOCOL_VERSION}: use a connector and a runner that fit, then restart the runner`,
      };
    const known = this.#environment;
    if (known !== undefined && environment !== undefined && environment !== known.value)
      return {
        cause: 'wrong_environment',
        message: contradiction(`its environment is ${environment}`, known),
      };
    if (this.#clock !== undefined && clock !== undefined && clock !== this.#clock.value)
      return { cause: 'wrong_clock', message: contradiction(`its clock is ${clock}`, this.#clock) };
    return undefined;
  }
}

function knownFrom<T extends string>(source: Source, value: T | undefined): Known<T> | undefined {
  return value === undefined ? undefined : { value, source };
}

function contradiction(said: string, { value, source }: Known<string>): string {
  const cure =
    source === 'the profile says'
      ? 'choose the profile that is meant (CONNECTOR_PROFILE) or correct the command in it, then restart the runner'
      : 'if the change is meant, restart the runner, which then begins anew with empty tapes; if not, correct the connector first';
  return `the connector says that ${said}, but ${source} ${value}: ${cure}`;
}
