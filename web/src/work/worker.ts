// The studio's second worker: see tasks.ts.
import { pictureOf } from './picture.js';
import { read } from './read.js';
import type { Answer, Request } from './tasks.js';

async function answer(request: Request) {
  if (request.name === 'picture') return pictureOf(request.takes.samples, request.takes.sampleRate);
  if (request.name === 'encode') return (await import('./encode.js')).encode(request.takes);
  return read(request.takes);
}

self.onmessage = async ({ data }: MessageEvent<Request>) => {
  let said: Answer;
  try {
    said = { id: data.id, gives: await answer(data) };
  } catch (error) {
    said = { id: data.id, error: (error as Error).message };
  }
  postMessage(said);
};
