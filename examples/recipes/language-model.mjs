// Speaks what a language model writes while it writes it: each sentence as soon as it is whole.
// npm install voirs
import { createWriteStream } from 'node:fs';
import { pipeline as connect } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { textStream, toNodeStream, VoirsPipeline } from 'voirs';

/** Stands for the stream of a model: with openai, `for await (const { delta } of response) text.push(delta)`. */
async function* answer() {
  for (const token of ['The tide ', 'is out', '. Come ', 'back at ', 'six', ', with ', 'a boat.']) {
    await delay(20);
    yield token;
  }
}

const pipeline = await VoirsPipeline.create();
const text = textStream();
const isWritten = (async () => {
  for await (const token of answer()) text.push(token);
  text.end();
})();

await connect(toNodeStream(pipeline.stream(text), 'wav'), createWriteStream('answer.wav'));
await isWritten;
console.log(`answer.wav: "${text.text}"`);
await pipeline.dispose();
