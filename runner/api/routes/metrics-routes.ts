/** /metrics: JSON by default, Prometheus or OpenMetrics text when Accept asks for it. */
import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod';
import { openMetricsContentType, prometheusContentType } from 'prom-client';
import { chooseFormat } from '../accept.ts';
import { metricsSchema } from '../metrics-payloads.ts';
import { metricsPage } from '../metrics-text.ts';
import type { ApiPorts } from '../ports.ts';
import { presentMetrics, type StreamCounts } from '../present-metrics.ts';

export function metricsRoutes(ports: ApiPorts, stream: () => StreamCounts): FastifyPluginCallbackZod {
  const prometheus = metricsPage(ports, stream, prometheusContentType);
  const openmetrics = metricsPage(ports, stream, openMetricsContentType);
  return (app, _options, done) => {
    app.get(
      '/metrics',
      {
        schema: {
          tags: ['health'],
          summary: 'Numbers as JSON; as Prometheus text when Accept asks for text/plain or OpenMetrics',
          response: { 200: metricsSchema },
        },
      },
      async (request, reply) => {
        const format = chooseFormat(request.headers.accept);
        reply.header('vary', 'Accept');
        if (format === 'json') return presentMetrics(ports, stream());
        const page = format === 'prometheus' ? prometheus : openmetrics;
        const text = await page.text();
        reply.type(page.contentType).serializer((body: string) => body);
        return text as never;
      },
    );
    done();
  };
}
