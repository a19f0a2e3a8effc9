/**
 * The live page: reads /stream and shows what it says. It keeps no history and decides nothing: every message carries whole
 * sections, which replace what was shown. What is old, stale or not valid is struck and labelled, never shown as good.
 */

/** Status comes every second; without any message for this long the connection is as good as lost. */
const SILENT_MS = 5_000;
const RETRY_MS = 5_000;
/** Typing is over when no key came for this long. */
const TYPED_MS = 300;
/** So many causes of a fault are named in the verdict. */
const NAMED = 3;
const notes = {
  testnet: ': test money',
  demo: ': demo account',
  paper: ': paper',
  simulated: ': made-up prices',
};

const byId = (id) => document.getElementById(id);
const picker = byId('instrument');
const search = byId('topics-search');
const formats = [];
let view = {};
let source;
let lastMessageAt;
let lostSince;
let topicsPage = 1;
let typing;
let pickable;

connect();
picker.addEventListener('change', () => {
  const [category, symbol] = picker.value.split(':');
  history.replaceState(null, '', `?${new URLSearchParams({ symbol, category })}`);
  connect();
});
search.addEventListener('input', () => {
  clearTimeout(typing);
  typing = setTimeout(() => turnTo(1), TYPED_MS);
});
byId('topics-back').addEventListener('click', () => turnTo(view.topics.page - 1));
byId('topics-next').addEventListener('click', () => turnTo(view.topics.page + 1));
setInterval(() => {
  if (lastMessageAt !== undefined && Date.now() - lastMessageAt > SILENT_MS) lose(lastMessageAt);
}, 1_000);

/** Another page of the topics, or of those that are looked for: another stream, since the runner sends what is shown only. */
function turnTo(page) {
  topicsPage = page;
  connect();
}

/** Opens the stream for the instrument in the address, which keeps it over reloads. */
function connect() {
  source?.close();
  const query = wanted();
  if (search.value.trim() !== '') query.set('topics', search.value.trim());
  if (topicsPage > 1) query.set('topics_page', topicsPage);
  source = new EventSource(`/stream?${query}`);
  source.addEventListener('snapshot', (event) => receive(JSON.parse(event.data)));
  source.addEventListener('update', (event) => receive({ ...view, ...JSON.parse(event.data) }));
  source.addEventListener('error', () => {
    lose(lastMessageAt);
    if (source.readyState === EventSource.CLOSED) void explain();
  });
}

function wanted() {
  const given = new URLSearchParams(location.search);
  return new URLSearchParams([...given].filter(([name]) => name === 'symbol' || name === 'category'));
}

/** The browser gave up: either what the address names does not exist, or the runner is busy or gone. */
async function explain() {
  const answer = await fetch(`/price?${wanted()}`).catch(() => undefined);
  if (answer?.status === 400) {
    const { error } = await answer.json();
    say('bad', `${error.message}. Showing the default instead.`);
    history.replaceState(null, '', location.pathname);
  }
  setTimeout(connect, RETRY_MS);
}

function receive(next) {
  view = next;
  lastMessageAt = Date.now();
  lostSince = undefined;
  show();
}

function lose(since) {
  lostSince ??= since ?? Date.now();
  show();
}

function show() {
  document.body.classList.toggle('old', lostSince !== undefined);
  showVerdict();
  if (view.instrument === undefined) return;
  const digits = decimals([
    ...view.trades.slice(0, 10).map(({ price }) => price),
    ...view.book.bids.map(([price]) => price),
  ]);
  showMode();
  showPicker();
  showPrice(digits);
  showBook(digits);
  showTrades(digits);
  showTicker(digits);
  showLiquidations(digits);
  showChild();
  showTopics();
  showAudit();
  const life = view.life.map(({ time, kind, text }) => `${clock(time)} ${kind}: ${text}`);
  lines('life', life, 'Nothing yet.');
  lines('gaps', view.gaps.map(gapLine), 'None: nothing is known to be missing.');
  showSignals();
}

/** One sentence of truth. It holds no moving numbers, so that a screen reader hears changes only. */
function showVerdict() {
  if (lostSince !== undefined) {
    const since = `${new Date(lostSince).toISOString().slice(11, 19)} UTC`;
    return say(
      'bad',
      view.instrument === undefined
        ? `No connection to the runner since ${since}; trying again.`
        : `Connection to the runner lost: all data below are old since ${since}; trying again.`,
    );
  }
  if (view.health === undefined) return;
  const { health, readiness, topics } = view;
  const reasons = health.checks.filter(({ ok }) => !ok).map(({ name, reason }) => brief(reason ?? name));
  const because = reasons.length > 0 ? ` because ${reasons.join('; ')}` : '';
  // With a cause at hand, the list of what it keeps from coming would only hide it.
  const waiting =
    reasons.length > 0 || readiness.missing.length === 0
      ? ''
      : ` Waiting for ${readiness.missing.join(', ')}.`;
  const level = { Healthy: waiting === '' ? 'good' : 'warn', Degraded: 'warn', Unhealthy: 'bad' };
  const flowing = `${number(topics.phases.flowing)} of ${number(topics.total)} topics flowing`;
  const why = because === '' ? `: ${flowing}` : because;
  say(level[health.status], `${health.status}${why}.${waiting}`);
}

/** The first causes of a check, and how many there are besides: all of them would hide the other checks. */
function brief(reason) {
  const causes = reason.split('; ');
  if (causes.length <= NAMED) return reason;
  const [, told] = /^and (\d+) more$/.exec(causes.at(-1)) ?? [];
  const more = told === undefined ? causes.length - NAMED : causes.length - 1 - NAMED + Number(told);
  return `${causes.slice(0, NAMED).join('; ')}; and ${number(more)} more`;
}

function say(level, text) {
  const line = byId('verdict');
  line.dataset.level = level;
  put(line, text);
}

function showMode() {
  const { environment, clock: pace } = view.mode;
  const isReal = environment === 'mainnet' && pace === 'live';
  const label = `${environment.toUpperCase()}${notes[environment] ?? ''}${pace === 'replay' ? ' · REPLAY: old data' : ''}`;
  byId('mode').dataset.real = isReal ? 'yes' : 'no';
  set('mode', label);
  document.title = `${view.price ?? '–'} ${view.instrument.symbol} · ${isReal ? 'towline' : label}`;
}

/** By market, so that typing the first letters of a symbol finds it. */
function showPicker() {
  const { category: market, symbol: shown } = view.instrument;
  if (pickable !== view.instruments) {
    pickable = view.instruments;
    const groups = Map.groupBy(pickable, ({ category }) => category);
    const lists = [...groups].map(([category, members]) => {
      const group = document.createElement('optgroup');
      group.label = category;
      group.append(...members.map(({ symbol }) => new Option(symbol, `${category}:${symbol}`)));
      return group;
    });
    picker.replaceChildren(...lists);
  }
  picker.value = `${market}:${shown}`;
}

function showPrice(digits) {
  const trades = view.topics.own.find(({ topic }) => topic.startsWith('trades:'));
  const isFresh = lostSince === undefined && trades?.phase === 'flowing';
  byId('price').classList.toggle('void', !isFresh);
  set('price', view.price === null ? '–' : number(view.price, digits));
  set(
    'price-time',
    view.price_time === null ? '' : `${clock(view.price_time)} UTC${isFresh ? '' : ', not fresh'}`,
  );
  const candle = view.candles['1m'].at(-1);
  const range = candle && `${number(candle.low, digits)} to ${number(candle.high, digits)}`;
  set('candle', candle === undefined ? '–' : `${range}, volume ${number(candle.volume)}`);
}

function showBook(digits) {
  const { book } = view;
  const isUsable = book.valid && lostSince === undefined;
  const [bid, ask] = [book.bids[0]?.[0], book.asks[0]?.[0]];
  byId('book').classList.toggle('void', !isUsable);
  byId('book-note').hidden = isUsable;
  set(
    'book-note',
    book.valid ? 'Old: the connection to the runner is lost.' : `Not valid, do not use: ${book.reason}.`,
  );
  set('book-time', book.time === null ? '' : `${clock(book.time)} UTC`);
  set('spread', isUsable && bid !== undefined && ask !== undefined ? number(ask - bid, digits) : 'unknown');
  const qtyDigits = decimals([...book.bids, ...book.asks].map(([, qty]) => qty));
  const levels = Array.from({ length: Math.max(book.bids.length, book.asks.length) }, (_, index) => {
    const [bidPrice, bidQty] = book.bids[index] ?? [];
    const [askPrice, askQty] = book.asks[index] ?? [];
    const prices = [number(bidPrice, digits), number(askPrice, digits)];
    return [number(bidQty, qtyDigits), ...prices, number(askQty, qtyDigits)];
  });
  rows('levels', levels, 'No levels.');
}

function showTrades(digits) {
  const qtyDigits = decimals(view.trades.map(({ qty }) => qty));
  const table = view.trades.map(({ time, side, price, qty }) => [
    time.slice(11, 23),
    { text: side, kind: side.toLowerCase() },
    number(price, digits),
    number(qty, qtyDigits),
  ]);
  rows('trades', table, 'No trades yet.');
}

/** Nothing is shown while the ticker is not subscribed. */
function showTicker(digits) {
  const { ticker } = view;
  const isUsable = ticker?.valid === true && lostSince === undefined;
  byId('ticker').classList.toggle('void', ticker !== null && !isUsable);
  byId('ticker-note').hidden = ticker === null || isUsable;
  set(
    'ticker-note',
    `Ticker not valid, do not use: ${ticker?.reason ?? 'the connection to the runner is lost'}.`,
  );
  const percent = (value) => `${(value * 100).toFixed(4)} %`;
  const known = [
    ['Mark price', ticker?.mark_price, (value) => number(value, digits)],
    ['Index price', ticker?.index_price, (value) => number(value, digits)],
    ['Funding rate', ticker?.funding_rate, percent],
    ['Open interest', ticker?.open_interest, (value) => number(value)],
    ['Volume of 24 h', ticker?.volume_24h, (value) => number(value)],
  ].filter(([, value]) => value !== null && value !== undefined);
  const pairs = known.flatMap(([name, value, text]) => Object.entries({ dt: name, dd: text(value) }));
  fill(byId('ticker'), pairs);
}

function showLiquidations(digits) {
  byId('liquidations-section').hidden = view.liquidations === null;
  const texts = (view.liquidations ?? []).map(
    ({ time, position, qty, price }) =>
      `${clock(time)} ${position} ${number(qty)} at ${number(price, digits)}`,
  );
  lines('liquidations', texts, 'None yet.');
}

function showChild() {
  const pairs = view.connectors.flatMap((connector) => {
    const health = connector.connector_health;
    const exit = health.last_exit;
    const state = `${health.state}${health.process_alive ? '' : ', no process'}`;
    return [
      ['Name', connector.name],
      ['State', { text: state, kind: health.state === 'ready' ? 'buy' : 'sell' }],
      ['Process id', health.pid ?? 'none'],
      ['Uptime', health.process_alive ? span(health.uptime_seconds) : 'none'],
      ['Restarts', number(health.restarts)],
      ['Last exit', exit === null ? 'none' : `${clock(exit.at)} UTC: ${exit.cause}`],
      ['Memory', health.rss_bytes === null ? 'unknown' : `${Math.round(health.rss_bytes / 1e6)} MB`],
      ['Lines, bad ones', `${number(health.lines)}, ${number(health.bad_lines)}`],
      ['Sockets open', socketsOpen(connector.sockets)],
      ...savedByRacing(connector.sockets),
    ];
  });
  const items = pairs.flatMap(([name, value]) => Object.entries({ dt: name, dd: value }));
  fill(byId('child'), items);
}

function socketsOpen(sockets) {
  const open = sockets.filter(({ state }) => state === 'connected').length;
  return { text: `${open} of ${sockets.length}`, kind: open < sockets.length ? 'sell' : '' };
}

/** Nothing where sockets are not raced. */
function savedByRacing(sockets) {
  const saved = sockets.map((socket) => socket.only_trades).filter((count) => count !== null);
  return saved.length === 0
    ? []
    : [['Saved by racing', `${number(saved.reduce((sum, count) => sum + count, 0))} trades`]];
}

function showTopics() {
  const { total, phases, own, search: words, found, page, pages, rows: others } = view.topics;
  const counts = Object.entries(phases).filter(([, count]) => count > 0);
  set(
    'topics-count',
    `${number(total)}: ${counts.map(([phase, count]) => `${number(count)} ${phase}`).join(', ')}`,
  );
  const isSearched = words !== '';
  byId('topics-find').hidden = pages === 1 && !isSearched && search.value === '';
  rows(
    'topics',
    (isSearched ? others : [...own, ...others]).map(topicRow),
    isSearched ? 'None found.' : 'No topics.',
  );
  byId('topics-back').disabled = page === 1;
  byId('topics-next').disabled = page === pages;
  set(
    'topics-page',
    `page ${number(page)} of ${number(pages)}, ${number(found)} ${isSearched ? 'found' : 'others'}`,
  );
}

function topicRow({ topic, phase, reason, age_ms: ms }) {
  const kind = { flowing: 'buy', wanted: '', awaiting: '' }[phase] ?? 'sell';
  const text = reason === null ? phase : `${phase}: ${reason}`;
  return [topic.replaceAll(':', ' '), { text, kind }, ms === null ? 'never' : `${span(ms / 1000)} ago`];
}

/** Our books against those that the exchange's REST interface told. */
function showAudit() {
  const { running, reason, counts, last } = view.audit;
  byId('audit-note').hidden = running;
  set('audit-note', `Off: ${reason}.`);
  const newest =
    last === null ? 'none yet' : `${clock(last.time)} ${last.topic.replaceAll(':', ' ')}: ${last.verdict}`;
  const pairs = [
    ['Equal', number(counts.equal)],
    ['Different', { text: number(counts.different), kind: counts.different > 0 ? 'sell' : '' }],
    ['Proves nothing', number(counts.unjoined)],
    ['No answer', number(counts.failed)],
    ['Newest', newest],
  ];
  fill(
    byId('audit'),
    pairs.flatMap(([dt, dd]) => Object.entries({ dt, dd })),
  );
}

function gapLine(gap) {
  const from = gap.from === null ? 'the beginning' : clock(gap.from.time);
  const to = gap.to === null ? 'now' : clock(gap.to.time);
  return `${gap.channel} ${gap.category} ${gap.symbol}: ${from} to ${to} UTC, ${gap.cause.replaceAll('_', ' ')}`;
}

function showSignals() {
  const { gate } = view.strategies;
  byId('gate').hidden = gate.open;
  set(
    'gate',
    `Gate shut: ${gate.reasons.map(({ code, topic }) => (topic === null ? code : `${code} ${topic}`)).join(', ')}`,
  );
  const texts = view.signals.map(
    ({ timestamp, strategy, symbol, setup_type, reason }) =>
      `${clock(timestamp)} ${strategy}, ${symbol}: ${setup_type}${reason === null ? '' : `, ${reason}`}`,
  );
  lines('signals', texts, 'None yet.');
}

const clock = (iso) => iso.slice(11, 19);
/** Decimals that the prices need; twelve digits, since a difference of doubles has noise behind them. */
const decimals = (prices) =>
  Math.max(0, ...prices.map((price) => (String(Number(price.toPrecision(12))).split('.')[1] ?? '').length));

function number(value, digits = 0) {
  const options = { minimumFractionDigits: digits, maximumFractionDigits: Math.max(digits, 8) };
  formats[digits] ??= new Intl.NumberFormat('en-US', options);
  return value === undefined ? '' : formats[digits].format(value);
}

/** Seconds in words: 12.3 s, 5 m 02 s, 3 h 07 m. */
function span(seconds) {
  if (seconds < 60) return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  const two = (value) => String(value).padStart(2, '0');
  return minutes < 60
    ? `${minutes} m ${two(Math.floor(seconds % 60))} s`
    : `${Math.floor(minutes / 60)} h ${two(minutes % 60)} m`;
}

function set(id, text) {
  put(byId(id), text);
}

/** Writes text; only what changed touches the page. */
function put(element, text) {
  if (element.textContent !== String(text)) element.textContent = text;
}

/** Makes the children of `parent` be `items`: [tag, text] or [tag, {text, kind}] where kind is a class. */
function fill(parent, items) {
  while (parent.children.length > items.length) parent.lastElementChild.remove();
  items.forEach(([tag, value], index) => {
    const child = parent.children[index] ?? parent.appendChild(document.createElement(tag));
    const { text, kind = '' } = typeof value === 'object' ? value : { text: value };
    put(child, text);
    if (child.className !== kind) child.className = kind;
  });
}

function rows(id, wantedRows, whenEmpty) {
  const body = byId(id);
  const table = wantedRows.length > 0 ? wantedRows : [[{ text: whenEmpty, kind: 'empty' }]];
  while (body.rows.length > table.length) body.deleteRow(-1);
  table.forEach((cells, index) => {
    const row = body.rows[index] ?? body.insertRow();
    const items = cells.map((cell) => ['td', cell]);
    fill(row, items);
    row.cells[0].colSpan = cells.length === 1 ? 4 : 1;
  });
}

function lines(id, texts, whenEmpty) {
  const items = texts.length > 0 ? texts : [whenEmpty];
  const tagged = items.map((text) => ['li', text]);
  fill(byId(id), tagged);
}
