/** The alerts and the dashboard speak of metrics that there are, and every alert has its section in the runbook. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { before, describe, it } from 'node:test';
import { execa } from 'execa';
import { prometheusContentType } from 'prom-client';
import { z } from 'zod';
import { metricsPage } from '../../runner/api/metrics-text.ts';
import { busyWorld } from '../runner/observe/busy-world.ts';

const root = path.resolve(import.meta.dirname, '../..');
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');
const rulesFile = 'config/prometheus/towline.rules.yml';

type Alert = {
  readonly name: string;
  readonly expr: string;
  readonly severity: string;
  readonly summary: string;
  readonly description: string;
  readonly runbook: string;
};

/** The alerts of the file, which is laid out in one way: blocks of `- alert:` with the same keys in the same order. */
function alertsOf(text: string): readonly Alert[] {
  const [, ...blocks] = text.split(/^ {6}- alert: /m);
  return blocks.map((block) => {
    const folded = (key: string): string =>
      (new RegExp(`^ *${key}: >-\\n((?: {10,}.*\\n)+?)(?= {0,10}\\w+:|$)`, 'm').exec(block)?.[1] ?? '')
        .split('\n')
        .map((line) => line.trim())
        .join(' ')
        .trim();
    const plain = (key: string): string => new RegExp(`^ *${key}: (.*)$`, 'm').exec(block)?.[1] ?? '';
    return {
      name: block.split('\n')[0] ?? '',
      expr: folded('expr'),
      severity: plain('severity'),
      summary: plain('summary'),
      description: folded('description'),
      runbook: plain('runbook_url'),
    };
  });
}

const panelSchema = z.object({
  id: z.int().positive(),
  type: z.enum(['row', 'stat', 'timeseries', 'heatmap']),
  title: z.string().min(1),
  gridPos: z.object({ h: z.int().positive(), w: z.int().positive(), x: z.int(), y: z.int() }),
  datasource: z
    .object({ type: z.literal('prometheus'), uid: z.string().regex(/^\$\{datasource\}$/) })
    .optional(),
  targets: z.array(z.object({ refId: z.string().min(1), expr: z.string().min(1) })).optional(),
});
const dashboardSchema = z.object({
  uid: z.literal('towline'),
  title: z.string(),
  schemaVersion: z.int().min(39),
  annotations: z.object({ list: z.array(z.object({ expr: z.string().optional() })) }),
  templating: z.object({ list: z.array(z.object({ name: z.string(), type: z.string() })) }),
  panels: z.array(panelSchema),
});

const alerts = alertsOf(read(rulesFile));
const dashboard = dashboardSchema.parse(JSON.parse(read('config/grafana/towline.json')));
const shown = [
  ...dashboard.panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr)),
  ...dashboard.annotations.list.flatMap(({ expr }) => (expr === undefined ? [] : [expr])),
];

/** What a scrape says: each sample's name and its labels with their values. */
type Told = ReadonlyMap<string, ReadonlyMap<string, ReadonlySet<string>>>;

function toldBy(text: string): Told {
  const told = new Map<string, Map<string, Set<string>>>();
  for (const [, name = '', labels = ''] of text.matchAll(/^(towline_[a-z_]+)(?:\{(.*)\})? \S+$/gm)) {
    const known = told.get(name) ?? new Map<string, Set<string>>();
    told.set(name, known);
    for (const [, label = '', value = ''] of labels.matchAll(/([a-z_]+)="([^"]*)"/g))
      known.set(label, (known.get(label) ?? new Set()).add(value));
  }
  return told;
}

/** Labels that Prometheus adds to every sample. */
const added = ['instance', 'job'];

/** What is wrong with the metrics and labels that an expression names. */
function faultsOf(expr: string, told: Told): readonly string[] {
  return [...expr.matchAll(/\b(towline_[a-z_]+)(?:\{([^}]*)\})?/g)].flatMap(
    ([, name = '', selector = '']) => {
      const known = told.get(name);
      if (known === undefined) return [`no scrape has ${name}`];
      return [...selector.matchAll(/([a-z_]+)(=~|=)"([^"]*)"/g)].flatMap(([, label = '', , value = '']) => {
        if (added.includes(label)) return [];
        const values = known.get(label);
        if (values === undefined) return [`${name} has no label ${label}`];
        return value
          .split('|')
          .flatMap((one) => (values.has(one) ? [] : [`${name} is never ${label}="${one}"`]));
      });
    },
  );
}

let told: Told = new Map();
before(async () => {
  const page = metricsPage(
    busyWorld().ports,
    () => ({ clients: 0, skippedUpdates: 0 }),
    prometheusContentType,
  );
  told = toldBy(await page.text());
});

describe('the alerts', () => {
  it('are read whole', () => {
    assert.ok(alerts.length >= 20);
    for (const alert of alerts)
      for (const [key, value] of Object.entries(alert))
        assert.ok(value !== '', `${alert.name} has no ${key}`);
    assert.equal(new Set(alerts.map(({ name }) => name)).size, alerts.length);
  });

  it('speak of metrics, labels and values that a scrape has', () => {
    const faults = alerts.flatMap(({ name, expr }) =>
      faultsOf(expr, told).map((fault) => `${name}: ${fault}`),
    );
    assert.deepEqual(faults, []);
    const own = alerts.filter(({ expr }) => !expr.includes('towline_')).map(({ name }) => name);
    assert.deepEqual(own, ['TowlineDown'], 'this one asks Prometheus itself');
  });

  it('are of two severities, and say in sentences what is wrong', () => {
    for (const { name, severity, description } of alerts) {
      assert.ok(['critical', 'warning'].includes(severity), name);
      assert.ok(description.endsWith('.') && description.length > 40, `${name}: ${description}`);
    }
  });

  it('have a section each in the runbook with a command, and every section there has its alert', () => {
    const [, section = ''] = read('docs/runbook.md').split(/^## Alerts$/m);
    const [all = ''] = section.split(/^## /m);
    const sections = all.split(/^### /m).slice(1);
    assert.deepEqual(
      sections.map((text) => text.split('\n')[0]),
      alerts.map(({ name }) => name),
    );
    for (const text of sections) assert.match(text, /```sh\n.+\n```\n\n\S/, text);
    for (const { name, runbook } of alerts)
      assert.equal(runbook, `docs/runbook.md#${name.toLowerCase()}`, name);
  });

  it('are accepted by promtool, where there is one', async (t) => {
    const result = await execa('promtool', ['check', 'rules', path.join(root, rulesFile)], {
      reject: false,
      all: true,
      timeout: 20_000,
    });
    if (result.code === 'ENOENT') return t.skip('no promtool here');
    assert.equal(result.exitCode, 0, result.all);
  });
});

describe('the dashboard', () => {
  it('shows metrics, labels and values that a scrape has', () => {
    assert.ok(shown.length >= 40);
    assert.deepEqual(
      shown.flatMap((expr) => faultsOf(expr, told)),
      [],
    );
  });

  it('asks the chosen Prometheus for the chosen runners', () => {
    assert.deepEqual(
      dashboard.templating.list.map(({ name, type }) => [name, type]),
      [
        ['datasource', 'datasource'],
        ['instance', 'query'],
      ],
    );
    for (const { type, title, datasource } of dashboard.panels)
      assert.ok(type === 'row' || datasource !== undefined, title);
    for (const expr of shown)
      for (const [metric] of expr.matchAll(/towline_[a-z_]+(?!\{)(?=[^a-z_{]|$)/g))
        assert.fail(`${metric} in ${expr} is not asked of the chosen runner`);
    assert.ok(shown.every((expr) => expr.includes('instance=~"$instance"')));
  });

  it('lays its panels out without overlap, each with an id of its own', () => {
    const taken = new Set<string>();
    for (const { title, gridPos } of dashboard.panels) {
      assert.ok(gridPos.x + gridPos.w <= 24, `${title} is too wide`);
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x += 1)
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y += 1) {
          assert.ok(!taken.has(`${x},${y}`), `${title} lies over another panel`);
          taken.add(`${x},${y}`);
        }
    }
    assert.equal(new Set(dashboard.panels.map(({ id }) => id)).size, dashboard.panels.length);
  });
});
