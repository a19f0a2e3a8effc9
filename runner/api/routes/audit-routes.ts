/** What came of holding our books against the exchange's own: /audit. */
import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod';
import { auditSchema } from '../audit-payloads.ts';
import type { ApiPorts } from '../ports.ts';
import { presentAudit } from '../present-audit.ts';

export function auditRoutes(ports: Pick<ApiPorts, 'audit'>): FastifyPluginCallbackZod {
  return (app, _options, done) => {
    app.get(
      '/audit',
      {
        schema: {
          tags: ['health'],
          summary:
            'Books held against the own ones of the exchange: how often, with what verdict, and each one that was wrong',
          response: { 200: auditSchema },
        },
      },
      () => presentAudit(ports.audit()),
    );
    done();
  };
}
