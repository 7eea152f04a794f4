// What a supervisor asks: is the process alive, can it speak, how is it doing.
import type { FastifyInstance } from 'fastify';
import type { Room } from '../room.js';

export function addHealthRoutes(app: FastifyInstance, { pool, metrics, jobs }: Room): void {
  const alive = { schema: { summary: 'Whether the process answers', tags: ['health'], security: [] } };
  app.get('/healthz', alive, async () => ({ status: 'ok' }));
  app.get('/health', alive, async () => ({ status: 'ok' }));
  app.get(
    '/readyz',
    { schema: { summary: 'Whether a worker can speak', tags: ['health'], security: [] } },
    async (_request, reply) => {
      const isReady = pool.ready > 0 && !pool.isClosing;
      reply.code(isReady ? 200 : 503);
      return { status: isReady ? 'ready' : 'not ready', workers: pool.ready, queued: pool.queued };
    },
  );
  app.get(
    '/metrics',
    { schema: { summary: 'Figures in the form of Prometheus', tags: ['health'] } },
    async (_request, reply) => {
      reply.type(metrics.registry.contentType);
      const own = await metrics.registry.metrics();
      return jobs ? `${own}\n${await jobs.metrics()}` : own;
    },
  );
  app.get('/openapi.json', { schema: { summary: 'This document', tags: ['health'] } }, async () =>
    app.swagger(),
  );
}
