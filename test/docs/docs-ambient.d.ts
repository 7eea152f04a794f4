// What the fragments of the guides take for granted: a pipeline, a text, and the other end of a wire.
import type { TextStream, VoirsAudio, VoirsPipeline } from 'voirs';

declare global {
  const pipeline: VoirsPipeline;
  const audio: VoirsAudio;
  const text: string;
  const longText: string;
  const signal: AbortSignal;
  const socket: { send(piece: Uint8Array): void };
  const speaker: { write(samples: Float32Array): void };
  const response: NodeJS.WritableStream;
  const model: { on(event: string, listener: (token: string) => void): void };
  const play: (chunk: VoirsAudio) => void;
  const writeFile: (path: string, text: string) => Promise<void>;
  type Pieces = TextStream;
}
