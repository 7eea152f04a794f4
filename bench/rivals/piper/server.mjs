// A server as one writes it in an afternoon around sherpa-onnx: a thread a core, each with Piper's voice, whole
// files as answers. The bench of servers compares with it. argv: JSON of { voice, workers }.
import { createServer } from 'node:http';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { open } from './engine.mjs';

if (!isMainThread) {
  const engine = await open(workerData);
  engine.speak('Ready.');
  parentPort.on('message', (text) => {
    const { samples, sampleRate } = engine.speak(text);
    const pcm = new Int16Array(samples.length);
    for (let i = 0; i < pcm.length; i++) pcm[i] = Math.max(-1, Math.min(1, samples[i])) * 32767;
    parentPort.postMessage({ pcm, sampleRate }, [pcm.buffer]);
  });
  parentPort.postMessage('ready');
} else {
  const { voice, workers: count } = JSON.parse(process.argv[2]);
  const idle = [];
  const waiting = [];
  const next = () => {
    while (idle.length > 0 && waiting.length > 0) {
      const worker = idle.pop();
      const { text, response } = waiting.shift();
      worker.once('message', ({ pcm, sampleRate }) => {
        response.setHeader('x-sample-rate', sampleRate);
        response.end(Buffer.from(pcm.buffer));
        idle.push(worker);
        next();
      });
      worker.postMessage(text);
    }
  };
  for (let n = 0; n < count; n++) {
    const worker = new Worker(new URL(import.meta.url), { workerData: voice });
    await new Promise((resolve) => worker.once('message', resolve));
    idle.push(worker);
  }
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const piece of request) body += piece;
    waiting.push({ text: JSON.parse(body).input, response });
    next();
  });
  server.listen(0, '127.0.0.1', () => console.log(`Listening on http://127.0.0.1:${server.address().port}`));
}
