// GET /speech?text=Hello answers with MP3 while it is being made; a listener who leaves ends the work.
// npm install voirs express wasm-media-encoders@0.7
import express from 'express';
import { toNodeStream, VoirsError, VoirsPipeline } from 'voirs';

const pipeline = await VoirsPipeline.create(); // one for all requests
const app = express();

app.get('/speech', (request, response) => {
  const { text, voice } = request.query;
  if (typeof text !== 'string' || text.length > 5000)
    return response.status(400).send('text: 1 to 5000 letters');
  const left = new AbortController();
  response.on('close', () => left.abort());
  const speech = pipeline.stream(text, {
    voice: typeof voice === 'string' ? voice : undefined,
    signal: left.signal,
  });
  toNodeStream(speech, 'mp3')
    .on('error', (error) => {
      if (response.headersSent) return response.destroy();
      response.status(error instanceof VoirsError ? 400 : 500).send(error.message);
    })
    .once('data', () => response.type('audio/mpeg'))
    .pipe(response);
});

const server = app.listen(Number(process.env.PORT ?? 3000), () => {
  console.log(`http://localhost:${server.address().port}/speech?text=Hello`);
});
