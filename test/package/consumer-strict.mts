// Type-checked by .ci/run with the options of `tsc --init` (TypeScript 5.9): what a newcomer writes must compile.
import {
  createWorkerPipeline,
  encodeStream,
  type LoadProgress,
  textStream,
  toReadableStream,
  type VoirsAudio,
  VoirsPipeline,
  VttStream,
} from 'voirs';

export async function play(context: AudioContext, text: string, signal?: AbortSignal, voice?: string) {
  await using pipeline = await VoirsPipeline.create({
    signal,
    onProgress: ({ stage, loadedBytes, totalBytes }: LoadProgress) =>
      console.log(stage, loadedBytes / totalBytes),
  });
  for await (using chunk of pipeline.stream(text, { signal, voice })) {
    const buffer: AudioBuffer = context.createBuffer(1, chunk.samples.length, chunk.sampleRate);
    buffer.copyToChannel(chunk.samples, 0);
  }
}

export async function speakElsewhere(text: string, signal?: AbortSignal): Promise<number> {
  const worker = () => new Worker(new URL('./speech-worker.js', import.meta.url), { type: 'module' });
  await using pipeline = await createWorkerPipeline({ worker, signal });
  using audio = await pipeline.synthesize(text, { signal });
  return audio.duration;
}

export async function lengthen(pipeline: VoirsPipeline): Promise<VoirsAudio> {
  const utterance = await pipeline.prepare('One two three.');
  for (const sentence of utterance.sentences)
    for (const token of sentence.tokens) if (token.symbol === 'UW1') token.duration += 20;
  return pipeline.render(utterance);
}

export async function answer(pipeline: VoirsPipeline): Promise<Response> {
  const text = textStream().push('Hello. ').flush();
  text.end();
  return new Response(toReadableStream(pipeline.stream(text), { format: 'mp3' }));
}

export async function files(audio: VoirsAudio): Promise<Blob[]> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  for await (const part of encodeStream([audio], 'flac')) parts.push(part);
  const captions = new VttStream().push(audio.timeline);
  return [
    new Blob(parts),
    await audio.toBlob('opus'),
    new Blob([captions]),
    new Blob([await audio.encode('wav')]),
  ];
}
