/** Stands between a program and an exchange on loopback, so that a test can cut or mute one connection of several. */
import { connect, createServer, type Socket } from 'node:net';
import { after } from 'node:test';

export type Through = {
  /** Cuts it at both ends, without a word. */
  readonly cut: () => void;
  /** Nothing comes from the exchange any more; the connection stays. */
  readonly mute: () => void;
};

export type CuttingProxy = {
  readonly port: number;
  /** Connections that are open, oldest first. */
  readonly open: () => readonly Through[];
  /** New connections are refused while this is true. */
  refuses: boolean;
};

export async function startCuttingProxy(target: URL): Promise<CuttingProxy> {
  const open = new Set<Through>();
  const ends = new Set<Socket>();
  const server = createServer((near) => {
    if (proxy.refuses) {
      near.destroy();
      return;
    }
    const far = connect(Number(target.port), target.hostname);
    const through = {
      cut: () => {
        near.destroy();
        far.destroy();
      },
      mute: () => {
        far.unpipe(near);
        far.resume();
      },
    };
    open.add(through);
    for (const end of [near, far]) {
      ends.add(end);
      end.on('error', () => undefined);
      end.on('close', () => {
        ends.delete(end);
        open.delete(through);
        through.cut();
      });
    }
    near.pipe(far).pipe(near);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  after(() => {
    for (const end of ends) end.destroy();
    server.close();
  });
  const address = server.address();
  const proxy = {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    open: () => [...open],
    refuses: false,
  };
  return proxy;
}
