// POST /speech { "text": "Hello" } answers with WAV while it is being made.
// npm install voirs fastify
import Fastify from 'fastify';
import { toNodeStream, VoirsPipeline } from 'voirs';

const pipeline = await VoirsPipeline.create();
const app = Fastify();

const schema = {
  body: {
    type: 'object',
    required: ['text'],
    properties: {
      text: { type: 'string', minLength: 1, maxLength: 5000 },
      speakingRate: { type: 'number', minimum: 0.5, maximum: 2 },
    },
  },
};

app.post('/speech', { schema }, (request, reply) => {
  const { text, speakingRate } = request.body;
  const left = new AbortController();
  reply.raw.on('close', () => left.abort());
  return reply
    .type('audio/wav')
    .send(toNodeStream(pipeline.stream(text, { speakingRate, signal: left.signal }), 'wav'));
});

app.addHook('onClose', () => pipeline.dispose());
console.log(await app.listen({ port: Number(process.env.PORT ?? 3000) }));
