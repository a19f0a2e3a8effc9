/** The truth about the runner: /health, /ready, /ws/health. They take no parameters and answer in every condition. */
import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod';
import { wsHealthSchema } from '../connector-payloads.ts';
import { healthSchema, readinessSchema } from '../payloads.ts';
import type { ApiPorts } from '../ports.ts';
import { presentHealth, presentReadiness, presentWsHealth } from '../present-health.ts';

const tags = ['health'];

export function healthRoutes(ports: ApiPorts): FastifyPluginCallbackZod {
  return (app, _options, done) => {
    app.get(
      '/health',
      {
        schema: {
          tags,
          summary: 'Healthy, Degraded or Unhealthy, and why; 503 when unhealthy',
          response: { 200: healthSchema, 503: healthSchema },
        },
      },
      (_request, reply) => {
        const health = presentHealth(ports.health(), ports.strategies().gate);
        reply.code(health.status === 'Unhealthy' ? 503 : 200);
        return health;
      },
    );
    app.get(
      '/ready',
      {
        schema: {
          tags,
          summary: 'Whether all that was wanted is there; 503 with what is missing',
          response: { 200: readinessSchema, 503: readinessSchema },
        },
      },
      (_request, reply) => {
        const readiness = presentReadiness(ports.readiness());
        reply.code(readiness.ready ? 200 : 503);
        return readiness;
      },
    );
    app.get(
      '/ws/health',
      {
        schema: {
          tags,
          summary: 'The child process, its topics and their freshness',
          response: { 200: wsHealthSchema },
        },
      },
      () => presentWsHealth(ports),
    );
    done();
  };
}
