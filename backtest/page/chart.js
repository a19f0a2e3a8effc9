/** The chart of a backtest: candles, VWAP, levels and signals on one canvas. Everything that it shows is in the page. */
const data = JSON.parse(document.getElementById('data').textContent);
const canvas = document.getElementById('chart');
const reading = document.getElementById('reading');
const ink = canvas.getContext('2d');
const lengths = { '1m': 60_000, '5m': 300_000 };
const DAY = 86_400_000;
const RIGHT = 70;
const BOTTOM = 22;
/** So many signals in view show their stop, target and exit all the time. */
const FEW = 12;

const frames = Object.keys(data.candles);
const firstAt = data.candles[frames[0]][0]?.[0] ?? data.from;
const lastRow = data.candles[frames[0]].at(-1);
const lastAt = lastRow === undefined ? data.to : lastRow[0] + lengths[frames[0]];
let frame = data.candles['5m'].length > 300 || frames.length === 1 ? '5m' : frames[0];
let view = { from: firstAt, to: lastAt };
let mouse;
/** The signal that was clicked in the table. */
let chosen;

function colours() {
  const style = getComputedStyle(document.documentElement);
  // A custom property is not resolved before something is painted with it.
  const probe = document.createElement('i');
  document.body.append(probe);
  const read = (name) => {
    probe.style.color = style.getPropertyValue(`--${name}`);
    return getComputedStyle(probe).color;
  };
  const names = ['text', 'quiet', 'line', 'card', 'up', 'down', 'vwap', 'level', 'own', 'gap'];
  const known = Object.fromEntries(names.map((name) => [name, read(name)]));
  probe.remove();
  return known;
}
let colour = colours();

/** The place of the first row at or after `at`; rows are ascending. */
function indexAt(rows, at) {
  let [low, high] = [0, rows.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (rows[middle][0] < at) low = middle + 1;
    else high = middle;
  }
  return low;
}

function seen(rows, margin = 0) {
  return rows.slice(Math.max(0, indexAt(rows, view.from - margin)), indexAt(rows, view.to) + 1);
}

/** Levels that hold in a day: those of the day before, and of the last day its own. */
function levels() {
  const lines = [];
  for (const [index, day] of data.days.entries()) {
    const start = Date.parse(`${day.date}T00:00:00Z`);
    const before = data.days[index - 1];
    if (before !== undefined && Date.parse(`${before.date}T00:00:00Z`) === start - DAY)
      for (const name of ['high', 'low', 'vah', 'poc', 'val'])
        lines.push({ from: start, to: start + DAY, name, price: before[name], kind: 'level' });
    if (index === data.days.length - 1)
      for (const name of ['vah', 'poc', 'val'])
        lines.push({ from: start, to: start + DAY, name, price: day[name], kind: 'own' });
  }
  return lines.filter(({ price }) => price !== null);
}
const allLevels = levels();

function draw() {
  const ratio = window.devicePixelRatio || 1;
  const { clientWidth: width, clientHeight: height } = canvas;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  ink.setTransform(ratio, 0, 0, ratio, 0, 0);
  ink.clearRect(0, 0, width, height);
  ink.font = '12px system-ui, sans-serif';
  const all = seen(data.candles[frame], lengths[frame]);
  const times = Math.max(1, Math.ceil(all.length / Math.max(1, width - RIGHT)));
  const rows = joined(all, times);
  if (rows.length === 0) {
    ink.fillStyle = colour.quiet;
    ink.fillText('no candles here', 12, 24);
    return;
  }
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const row of rows) {
    low = Math.min(low, row[3]);
    high = Math.max(high, row[2]);
  }
  const pad = (high - low || high * 0.001) * 0.06;
  low -= pad;
  high += pad;
  const plot = { width: width - RIGHT, height: height - BOTTOM };
  const x = (at) => ((at - view.from) / (view.to - view.from)) * plot.width;
  const y = (price) => ((high - price) / (high - low)) * plot.height;
  const price = (at) => high - (at / plot.height) * (high - low);
  grid(plot, x, y, low, high);
  ink.save();
  ink.beginPath();
  ink.rect(0, 0, plot.width, plot.height);
  ink.clip();
  for (const [from, to] of data.missing)
    fill(colour.gap, x(from), 0, Math.max(1, x(to) - x(from)), plot.height);
  candles(rows, x, y, lengths[frame] * times);
  for (const line of allLevels) level(line, x, y);
  vwap(x, y);
  // With many in view their lines would hide everything else: then only those of the one that is chosen or pointed at are drawn.
  const inView = data.signals.filter(({ at }) => at >= view.from && at <= view.to).length;
  const pointed = mouse === undefined ? undefined : nearest(x);
  for (const signal of data.signals)
    mark(signal, x, y, inView <= FEW || signal === chosen || signal === pointed);
  ink.restore();
  cross(plot, x, price, rows);
}

function fill(style, left, top, wide, tall) {
  ink.fillStyle = style;
  ink.fillRect(left, top, wide, tall);
}

/** Several candles as one, where more of them are in view than there are dots. */
function joined(rows, times) {
  if (times === 1) return rows;
  const made = [];
  for (let at = 0; at < rows.length; at += times) {
    const part = rows.slice(at, at + times);
    const [start, open] = part[0];
    made.push([
      start,
      open,
      Math.max(...part.map((row) => row[2])),
      Math.min(...part.map((row) => row[3])),
      part.at(-1)[4],
      part.reduce((sum, row) => sum + row[5], 0),
      part.every((row) => row[6] === 1) ? 1 : 0,
    ]);
  }
  return made;
}

function candles(rows, x, y, length) {
  const wide = Math.max(1, (x(length) - x(0)) * 0.7);
  for (const [start, open, top, bottom, close, , complete] of rows) {
    const middle = x(start + length / 2);
    const style = close >= open ? colour.up : colour.down;
    ink.globalAlpha = complete ? 1 : 0.45;
    fill(style, middle - 0.5, y(top), 1, Math.max(1, y(bottom) - y(top)));
    const head = y(Math.max(open, close));
    fill(style, middle - wide / 2, head, wide, Math.max(1, y(Math.min(open, close)) - head));
  }
  ink.globalAlpha = 1;
}

function level({ from, to, name, price, kind }, x, y) {
  if (to < view.from || from > view.to) return;
  stroke(kind === 'own' ? colour.own : colour.level, 1, kind === 'own' ? [2, 3] : [6, 4]);
  ink.beginPath();
  ink.moveTo(x(from), y(price));
  ink.lineTo(x(to), y(price));
  ink.stroke();
  ink.fillStyle = kind === 'own' ? colour.own : colour.level;
  const label = name === 'high' || name === 'low' ? name : name.toUpperCase();
  ink.fillText(
    label,
    Math.max(2, x(from) + 2) + (kind === 'own' ? 70 : name.length === 3 && name !== 'low' ? 34 : 0),
    y(price) - 3,
  );
}

function stroke(style, width, dash = []) {
  ink.strokeStyle = style;
  ink.lineWidth = width;
  ink.setLineDash(dash);
}

function vwap(x, y) {
  stroke(colour.vwap, 1.5);
  ink.beginPath();
  let before;
  for (const [at, value] of seen(data.vwap, 600_000)) {
    // It begins anew each day.
    const isNew = before === undefined || Math.floor(at / DAY) !== Math.floor(before / DAY);
    if (isNew) ink.moveTo(x(at), y(value));
    else ink.lineTo(x(at), y(value));
    before = at;
  }
  ink.stroke();
}

function mark(signal, x, y, withLines) {
  const until = signal.exit_at ?? signal.at + lengths[frame] * 6;
  if (until < view.from || signal.at > view.to || signal.entry === null) return;
  const isBuy = signal.side !== 'sell';
  const [left, right] = [x(signal.at), x(until)];
  if (withLines) {
    const lines = [
      [signal.stop, colour.down],
      [signal.target, colour.up],
      [signal.entry, colour.text],
    ];
    for (const [price, style] of lines) {
      if (price === null) continue;
      stroke(style, 1, [3, 3]);
      line(left, y(price), right, y(price));
    }
  }
  const [top, way] = [y(signal.entry), isBuy ? 1 : -1];
  ink.fillStyle = isBuy ? colour.up : colour.down;
  stroke(colour.card, 1);
  ink.beginPath();
  ink.moveTo(left, top + 2 * way);
  ink.lineTo(left - 6, top + 13 * way);
  ink.lineTo(left + 6, top + 13 * way);
  ink.closePath();
  ink.fill();
  ink.stroke();
  if (signal.exit === null || !withLines) return;
  ink.fillStyle = signal.result === 'target' ? colour.up : colour.down;
  ink.beginPath();
  ink.arc(right, y(signal.exit), 3.5, 0, 2 * Math.PI);
  ink.fill();
}

const priceSteps = [1, 2, 5];
const timeSteps = [60_000, 300_000, 900_000, 3_600_000, 10_800_000, 21_600_000, DAY, 7 * DAY, 30 * DAY];

function grid(plot, x, y, low, high) {
  const raw = ((high - low) / plot.height) * 60;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = power * (priceSteps.find((times) => times * power >= raw) ?? 10);
  const decimals = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  ink.fillStyle = colour.quiet;
  stroke(colour.line, 1);
  for (let at = Math.ceil(low / step) * step; at < high; at += step) {
    line(0, y(at), plot.width, y(at));
    ink.fillText(at.toFixed(decimals), plot.width + 6, y(at) + 4);
  }
  const apart = ((view.to - view.from) / plot.width) * 90;
  const span = timeSteps.find((one) => one >= apart) ?? apart;
  for (let at = Math.ceil(view.from / span) * span; at < view.to; at += span) {
    line(x(at), 0, x(at), plot.height);
    const text = new Date(at).toISOString();
    const label = at % DAY === 0 ? text.slice(0, 10) : text.slice(11, 16);
    ink.fillText(label, x(at) - ink.measureText(label).width / 2, plot.height + 16);
  }
}

function line(left, top, right, bottom) {
  ink.beginPath();
  ink.moveTo(left, top);
  ink.lineTo(right, bottom);
  ink.stroke();
}

/** The signal that the mouse is at. */
function nearest(x) {
  return data.signals.find((signal) => Math.abs(x(signal.at) - mouse.x) < 7);
}

function cross(plot, x, price, rows) {
  if (mouse === undefined || mouse.x > plot.width || mouse.y > plot.height) {
    reading.value = '';
    return;
  }
  stroke(colour.quiet, 1, [2, 3]);
  line(mouse.x, 0, mouse.x, plot.height);
  line(0, mouse.y, plot.width, mouse.y);
  ink.setLineDash([]);
  const text = price(mouse.y).toPrecision(7);
  fill(colour.card, plot.width + 1, mouse.y - 9, RIGHT, 18);
  ink.fillStyle = colour.text;
  ink.fillText(text, plot.width + 6, mouse.y + 4);
  const at = view.from + (mouse.x / plot.width) * (view.to - view.from);
  const row = rows[Math.max(0, indexAt(rows, at) - 1)];
  const near = nearest(x);
  const [start, open, high, low, close, volume, complete] = row;
  reading.value =
    near === undefined
      ? `${new Date(start).toISOString().slice(0, 16)}  O ${open}  H ${high}  L ${low}  C ${close}  V ${volume}${complete ? '' : '  incomplete'}`
      : `${near.number}. ${near.setup}: ${near.reason}`;
}

let isWaiting = false;
function redraw() {
  if (isWaiting) return;
  isWaiting = true;
  requestAnimationFrame(() => {
    isWaiting = false;
    draw();
  });
}

/** Never wider than all, never narrower than ten candles. */
function show(from, to) {
  const all = lastAt - firstAt;
  const length = Math.min(Math.max(to - from, 10 * lengths[frame]), Math.max(all, 10 * lengths[frame]));
  const middle = (from + to) / 2;
  const start = Math.max(firstAt, Math.min(middle - length / 2, lastAt - length));
  view = { from: start, to: start + length };
  redraw();
}

function zoom(times, middle = (view.from + view.to) / 2) {
  show(middle - (middle - view.from) * times, middle + (view.to - middle) * times);
}

function move(part) {
  const by = (view.to - view.from) * part;
  show(view.from + by, view.to + by);
}

canvas.addEventListener(
  'wheel',
  (event) => {
    event.preventDefault();
    const part = event.offsetX / (canvas.clientWidth - RIGHT);
    zoom(event.deltaY > 0 ? 1.2 : 1 / 1.2, view.from + part * (view.to - view.from));
  },
  { passive: false },
);
canvas.addEventListener('pointermove', (event) => {
  if (event.buttons === 1) move(-event.movementX / (canvas.clientWidth - RIGHT));
  mouse = { x: event.offsetX, y: event.offsetY };
  redraw();
});
canvas.addEventListener('pointerdown', (event) => canvas.setPointerCapture(event.pointerId));
canvas.addEventListener('pointerleave', () => {
  mouse = undefined;
  redraw();
});
const keys = {
  ArrowLeft: () => move(-0.2),
  ArrowRight: () => move(0.2),
  '+': () => zoom(0.8),
  '-': () => zoom(1.25),
};
canvas.addEventListener('keydown', (event) => {
  const act = keys[event.key];
  if (act === undefined) return;
  event.preventDefault();
  act();
});
document.getElementById('in').addEventListener('click', () => zoom(0.6));
document.getElementById('out').addEventListener('click', () => zoom(1.6));
document.getElementById('all').addEventListener('click', () => show(firstAt, lastAt));

function showFrames() {
  const box = document.getElementById('frames');
  box.replaceChildren(
    ...frames.map((name) => {
      const button = document.createElement('button');
      button.type = 'button';
      button.textContent = name;
      button.setAttribute('aria-pressed', String(name === frame));
      button.addEventListener('click', () => {
        frame = name;
        showFrames();
        redraw();
      });
      return button;
    }),
  );
}

function cell(text, kind = '') {
  const made = document.createElement('td');
  made.textContent = text ?? '';
  made.className = kind;
  return made;
}

function showSignals() {
  const rows = data.signals.map((signal) => {
    const row = document.createElement('tr');
    const { change } = signal;
    row.append(
      cell(signal.number),
      cell(new Date(signal.at).toISOString().replace('T', ' ').slice(0, 19)),
      cell(signal.setup),
      cell(signal.side),
      cell(signal.entry),
      cell(signal.stop),
      cell(signal.target),
      cell(signal.result?.replace('_', ' ')),
      cell(change === null ? '' : `${change.toFixed(2)} %`, change > 0 ? 'good' : change < 0 ? 'bad' : ''),
      cell(signal.reason),
    );
    row.addEventListener('click', () => {
      chosen = signal;
      show(signal.at - lengths[frame] * 60, signal.at + lengths[frame] * 60);
    });
    return row;
  });
  document.getElementById('signals').replaceChildren(...rows);
  const { unmarked } = data;
  document.getElementById('unmarked').textContent =
    data.signals.length === 0
      ? 'none'
      : unmarked > 0
        ? `${unmarked} more are in signals.csv alone`
        : 'a click shows it in the chart';
}

new ResizeObserver(redraw).observe(canvas);
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
  colour = colours();
  redraw();
});
showFrames();
showSignals();
redraw();
