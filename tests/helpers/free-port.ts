/** A port for a program that must know its own before it starts. */
import { createServer } from 'node:net';

/** A port of 127.0.0.1 that nobody listens on now. Take it soon: somebody else may. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.on('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  await new Promise((resolve) => {
    server.close(resolve);
  });
  if (address === null || typeof address === 'string') throw new Error('no port was given');
  return address.port;
}
