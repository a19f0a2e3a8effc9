/** Which proxy a connection goes through: the one that HTTPS_PROXY names, for encrypted addresses that NO_PROXY does not except. */

type Environ = Readonly<Record<string, string | undefined>>;

/** The proxy for this URL, if any. NO_PROXY is a list of hosts, each with all that is below it; `*` excepts everything. */
export function proxyFor(url: string, env: Environ): string | undefined {
  const proxy = namedProxy(env);
  if (proxy === undefined || !/^(wss|https):/.test(url)) return undefined;
  const host = new URL(url).hostname;
  const exempt = (env['NO_PROXY'] || env['no_proxy'] || '')
    .split(',')
    .map((entry) => entry.trim().replace(/^\./, ''));
  const isExempt = exempt.some(
    (entry) => entry === '*' || (entry !== '' && (host === entry || host.endsWith(`.${entry}`))),
  );
  return isExempt ? undefined : proxy;
}

/** What is wrong with the proxy that the environment names. It may hold a password, so it is not shown. */
export function proxyProblem(env: Environ): string | undefined {
  const proxy = namedProxy(env);
  if (proxy === undefined || (/^https?:\/\/[^\s/]/i.test(proxy) && URL.canParse(proxy))) return undefined;
  return 'HTTPS_PROXY: not a URL that begins with http:// or https://, for example http://proxy:3128';
}

function namedProxy(env: Environ): string | undefined {
  return env['HTTPS_PROXY'] || env['https_proxy'] || undefined;
}
