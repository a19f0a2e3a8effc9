/** The page at /: three static files, held in memory. Pure: whoever builds the server hands the files in. */
import type { FastifyInstance } from 'fastify';

export type PageFile = { readonly path: string; readonly contentType: string; readonly body: string };

export function pageRoutes(files: readonly PageFile[]) {
  return (app: FastifyInstance, _options: unknown, done: () => void): void => {
    for (const { path, contentType, body } of files) {
      app.get(path, { schema: { hide: true } }, (_request, reply) => {
        reply.type(contentType).send(body);
      });
    }
    done();
  };
}
