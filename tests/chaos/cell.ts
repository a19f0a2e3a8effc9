/** One cell of the matrix: a fault, with the child killed in its middle or not, and then the verdict on every channel. */
import { setTimeout as wait } from 'node:timers/promises';
import { type Channel, channels } from '../../shared/market.ts';
import { childOf, clearFaults, fault } from '../helpers/processes.ts';
import { until } from '../helpers/until.ts';
import { newestGaps } from './facts.ts';
import { effectOn, type Known, type Row } from './faults.ts';
import type { Finding, Verdicts } from './verdicts.ts';
import { activeFaults, killChild, type Market, PATIENCE_MS, untilWell, type World } from './world.ts';

export type Cell = { readonly row: Row; readonly killed: boolean; readonly acrossMinute: boolean };

export type CellResult = {
  /** What went wrong and is not known to. */
  readonly problems: readonly string[];
  /** What went wrong as it is known to, with the reason. */
  readonly known: readonly string[];
  readonly summary: string;
};

const MINUTE = 60_000;
/** Lists for each market, after which what they can show to be left out is found. */
const AUDITS = 3;
type Audited = { readonly trade_audit: { readonly lists: number } | null };
/** A fault across the minute begins so long before it: the closing candle is told 0.1 to 0.6 s after its end. */
const LEAD_MS = 300;

export function cellName({ row, killed }: Cell): string {
  return `${row.kind}${killed ? ', child killed' : ''}`;
}

/** Sockets are kept out for so long after a cut: some trades are missed, and healing has something to do. */
const breakMs = (world: World): number => Math.round(3_000 * world.timeScale);

export async function runCell(world: World, verdicts: Verdicts, cell: Cell): Promise<CellResult> {
  const { row, killed, acrossMinute } = cell;
  const { exchange, runner, timeScale } = world;
  await verdicts.begin();
  const before = await childOf(runner);
  const boundary = acrossMinute ? Math.ceil((Date.now() + LEAD_MS + 500) / MINUTE) * MINUTE : 0;
  await untilWallClock(boundary - LEAD_MS);
  const marked = await verdicts.seenGaps();
  for (const order of [
    ...(row.orders?.(timeScale) ?? []),
    ...world.markets.flatMap((market) => row.perMarket?.(market, timeScale) ?? []),
  ])
    await fault(exchange, order);
  if (row.withBreak === true) await cutSockets(world);
  if (killed) await killChild(world);
  await untilOver(world, row, killed, marked);
  await untilWallClock(boundary + 1_000);
  await clearFaults(exchange);
  if (row.breakAfter === true) await fault(exchange, { kind: 'drop' });
  await untilWell(world);
  const verdict = await verdicts.reach(row.spoilsRest === true);
  const findings = [...verdict.findings, ...causes(world, row, killed, verdict.gaps)];
  const after = await childOf(runner);
  const died = deathsSince(before.deaths, after.deaths);
  const kills = died.filter((cause) => cause === 'signal_sigkill').length;
  if (kills !== (killed ? 1 : 0)) findings.push(general(`${kills} children died of being killed`));
  for (const cause of died)
    if (cause !== 'signal_sigkill') findings.push(general(`a child died of ${cause}`));
  if (after.bad_lines !== before.bad_lines)
    findings.push(general(`${after.bad_lines - before.bad_lines} bad lines`));
  return sorted(cell, findings, verdict.summary);
}

/** A new child has 10 s to be ready, scaled to 3: on a machine that is busy otherwise that says nothing of towline. */
const lateStart: Known = {
  channel: undefined,
  pattern: /^a child died of not_ready$/,
  why: 'a loaded machine starts a program too slowly for the scaled time',
};

/** The causes of the deaths between two looks, one word each. */
function deathsSince(
  before: Readonly<Record<string, number>>,
  now: Readonly<Record<string, number>>,
): readonly string[] {
  return Object.entries(now).flatMap(([cause, count]) =>
    Array.from({ length: count - (before[cause] ?? 0) }, () => cause),
  );
}

async function cutSockets(world: World): Promise<void> {
  await fault(world.exchange, { kind: 'refuse_connections', status: 503, ms: breakMs(world) });
  await fault(world.exchange, { kind: 'drop' });
}

async function untilWallClock(moment: number): Promise<void> {
  if (moment > Date.now()) await wait(moment - Date.now());
}

/** Until the fault has done what it was ordered for. */
async function untilOver(
  world: World,
  row: Row,
  killed: boolean,
  marked: ReadonlySet<string>,
): Promise<void> {
  const { exchange, runner } = world;
  switch (row.ending) {
    case 'at once':
      return;
    case 'by itself':
    case 'used up':
    case 'audited':
      await until(
        `${row.kind} is ${row.ending}`,
        async () => (await activeFaults(exchange)).length === 0,
        PATIENCE_MS,
      );
      if (row.ending === 'audited') await untilAudited(world);
      return;
    case 'noticed':
      // A new child has seen nothing yet of what could be missing; the runner knows that since the death.
      if (killed) return;
      await until(
        `${row.kind} is noticed`,
        async () => {
          const gaps = (await newestGaps(runner)).filter(({ gap_id }) => !marked.has(gap_id));
          return world.markets.every((market) =>
            (['trades', 'depth', 'ticker'] as const).every((channel) =>
              gaps.some((gap) => gap.channel === channel && isOf(gap, market)),
            ),
          );
        },
        PATIENCE_MS,
      );
  }
}

/** Until every market's trades were held against a list that is younger than what was left out, some times. */
async function untilAudited({ runner, markets }: World): Promise<void> {
  let last: number | undefined;
  let seen = 0;
  const isAudited = async (): Promise<boolean> => {
    const { connector } = await runner.get<{ connector: Audited }>('/ws/health');
    const lists = connector.trade_audit?.lists ?? 0;
    // A new child counts anew.
    seen += Math.max(0, lists - (last ?? lists));
    last = lists;
    return seen >= AUDITS * markets.length;
  };
  await until('trades are audited', isAudited, PATIENCE_MS);
}

function isOf(gap: { readonly category: string; readonly symbol: string }, market: Market): boolean {
  return gap.category === market.category && gap.symbol === market.symbol;
}

/** Does the ledger name what happened, and nothing that did not? */
function causes(
  world: World,
  row: Row,
  killed: boolean,
  gaps: Awaited<ReturnType<typeof newestGaps>>,
): readonly Finding[] {
  return world.markets.flatMap((market) =>
    channels.flatMap((channel) => {
      if (market.topics[channel] === undefined) return [];
      const effect = effectOn(row, market, channel, killed);
      const told = gaps.filter((gap) => gap.channel === channel && isOf(gap, market));
      const findings = told
        .filter(({ cause }) => ![...effect.must, ...effect.may].some((expected) => expected === cause))
        .map((gap) =>
          finding(
            market,
            channel,
            `a gap of cause ${gap.cause} (${gap.state}) is not explained by ${row.kind}`,
          ),
        );
      if (
        effect.must.length > 0 &&
        !told.some(({ cause }) => effect.must.some((expected) => expected === cause))
      )
        findings.push(finding(market, channel, `no gap of cause ${effect.must.join(' or ')}`));
      return findings;
    }),
  );
}

function finding(market: Market, channel: Channel, what: string): Finding {
  return { where: market.category, channel, what };
}

function general(what: string): Finding {
  return { where: 'all', channel: undefined, what };
}

function sorted({ row, killed }: Cell, findings: readonly Finding[], summary: string): CellResult {
  const problems: string[] = [];
  const known: string[] = [];
  for (const { where, channel, what } of findings) {
    const excuse = excuseOf(row, killed, { where, channel, what });
    const text = `${where}${channel === undefined ? '' : ` ${channel}`}: ${what}`;
    if (excuse === undefined) problems.push(text);
    else known.push(`${text} (known: ${excuse.why})`);
  }
  return { problems, known, summary };
}

/** What is known not to hold: of this fault, this channel of this market, and this fate of the child. */
export function excuseOf(row: Row, killed: boolean, { where, channel, what }: Finding): Known | undefined {
  return [...(row.known ?? []), lateStart].find(
    (one) =>
      one.channel === channel &&
      (one.categories?.some((category) => category === where) ?? true) &&
      (one.killed ?? killed) === killed &&
      one.pattern.test(what),
  );
}
