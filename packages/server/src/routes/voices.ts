// What there is to choose from: models and voices, in OpenAI's form and in the one that Open WebUI reads.
import type { FastifyInstance } from 'fastify';
import type { Room } from '../room.js';
import { MODELS, refuseUnknownModel } from '../speech-request.js';

const tags = ['voices'];
const modelOf = (id: string) => ({ id, object: 'model', created: 0, owned_by: 'voirs' });

export function addVoiceRoutes(app: FastifyInstance, { voices }: Room): void {
  app.get('/v1/models', { schema: { summary: 'The models', tags } }, async () => ({
    object: 'list',
    data: MODELS.map(modelOf),
  }));
  app.get<{ Params: { model: string } }>(
    '/v1/models/:model',
    {
      schema: {
        summary: 'One model',
        tags,
        params: { type: 'object', properties: { model: { type: 'string' } }, required: ['model'] },
      },
    },
    async ({ params }) => {
      refuseUnknownModel(params.model);
      return modelOf(params.model);
    },
  );
  app.get('/v1/audio/models', { schema: { summary: 'The models, as Open WebUI asks', tags } }, async () => ({
    models: MODELS.map((id) => ({ id })),
  }));
  app.get('/v1/audio/voices', { schema: { summary: 'The voices, the default first', tags } }, async () => ({
    voices: voices.list(),
  }));
}
