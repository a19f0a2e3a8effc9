/** Binds the API to HOST and PORT, and says in words why when that cannot be: taken (by whom), not allowed, not ours. */
import type { FastifyInstance } from 'fastify';
import { fail, ok, type Result } from '../../shared/errors.ts';
import { findPortHolder } from './port-holder.ts';

export type Listening = {
  /** The port that was bound, also when 0 was asked for. */
  readonly port: number;
  /** Base URL that a browser on this machine can open. */
  readonly url: string;
  /** Ends open connections too, streams included. */
  readonly close: () => Promise<void>;
};

/** Failures: `resource_taken` for a port in use, `config_invalid` for a HOST or PORT that can never work. */
export async function listen(
  app: FastifyInstance,
  address: { readonly host: string; readonly port: number },
): Promise<Result<Listening>> {
  try {
    await app.listen({ host: address.host, port: address.port });
  } catch (error) {
    return describeFailure(error, address);
  }
  const [bound] = app.addresses();
  const port = typeof bound === 'object' ? bound.port : address.port;
  return ok({ port, url: `http://${localName(address.host)}:${port}`, close: () => app.close() });
}

function describeFailure(
  error: unknown,
  { host, port }: { readonly host: string; readonly port: number },
): Result<never> {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  switch (code) {
    case 'EADDRINUSE': {
      const holder = findPortHolder(port);
      const by = holder === undefined ? 'by another process' : `by process ${holder.pid} (${holder.command})`;
      return fail(
        'resource_taken',
        `PORT ${port} on ${host} is taken ${by}; stop that process or set another PORT`,
      );
    }
    case 'EACCES':
    case 'EPERM':
      return fail(
        'config_invalid',
        `PORT ${port} may not be used by this user: ports below 1024 need privileges; set a PORT from 1024 on`,
      );
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
    case 'EINVAL':
    case 'EAFNOSUPPORT':
      return fail(
        'config_invalid',
        `HOST ${JSON.stringify(host)} is no address of this machine; use 127.0.0.1, 0.0.0.0 or one of its own`,
      );
    default:
      return fail(
        'resource_taken',
        `cannot listen on ${host}:${port}: ${error instanceof Error ? error.message : String(error)}`,
      );
  }
}

/** An address that a browser can open: "everywhere" becomes this machine, IPv6 gets its brackets. */
function localName(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}
