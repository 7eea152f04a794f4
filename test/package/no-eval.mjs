// Run by no-eval.test.ts under --disallow-code-generation-from-strings: does what a program does, and prints what
// toNdarray throws.
import { AudioBuffer, analyzeAudio, VoirsPipeline } from '../../dist/index.js';

let isForbidden = false;
try {
  new Function('return 1')();
} catch (error) {
  isForbidden = error.name === 'EvalError';
}
const pls =
  '<lexicon version="1.0" xmlns="http://www.w3.org/2005/01/pronunciation-lexicon" alphabet="x-arpabet" xml:lang="en">' +
  '<lexeme><grapheme>voirs</grapheme><phoneme>V W AA1 R Z</phoneme></lexeme></lexicon>';
const pipeline = await VoirsPipeline.create({ numThreads: 2, sampleRate: 48000, lexicon: pls });
const audio = await pipeline.synthesize('Dr. Smith paid $3 to voirs at https://example.com.');
const marked = await pipeline.synthesize('<speak>One <break time="200ms"/> two.</speak>', { input: 'ssml' });
let chunks = 0;
for await (const chunk of pipeline.stream('One. Two.')) {
  chunk.dispose();
  chunks++;
}
const prepared = await pipeline.prepare('Three.');
const rendered = await pipeline.render(prepared);
const read = AudioBuffer.fromWav(await audio.encode('wav'));
const { loudness } = analyzeAudio(audio);
const errors = [audio, audio.toStereo()].map((one) => {
  try {
    one.toNdarray();
    return undefined;
  } catch (error) {
    return error.toJSON?.() ?? String(error);
  }
});
const report = pipeline.memoryReport();
console.log(
  JSON.stringify({
    isForbidden,
    errors,
    chunks,
    seconds: [audio, marked, rendered, read].map(({ duration }) => duration),
    captions: audio.captions('srt').length,
    flac: (await audio.encode('flac')).length,
    hasReport: report !== undefined,
    loudness,
    threads: pipeline.backend.threads,
  }),
);
await pipeline.dispose();
