// Audio that arrives in chunks -> the pieces of a file, so that a listener hears the beginning while the rest is
// being made.
import { shown, VoirsError } from '../../errors.js';
import type { NodeStream } from '../../host/contract.js';
import { host } from '../../host/host.js';
import { openEncoder } from './encode.js';
import {
  type AudioEncoder,
  type AudioFormat,
  checkedEncoding,
  type EncodeContext,
  type EncodeOptions,
  type FileEnd,
} from './format.js';

/** What is encoded: an AudioBuffer has it all. */
export interface AudioChunk {
  /** In [-1, 1], interleaved. */
  readonly samples: Float32Array;
  readonly sampleRate: number;
  readonly channels: number;
  dispose(): void;
}

/** Chunks as they come, or a list of them. */
export type AudioChunks = AsyncIterable<AudioChunk> | Iterable<AudioChunk>;

/**
 * Chunks of audio -> pieces of a file, each as soon as its samples are there. The header states no length (WAV:
 * the greatest; FLAC and MP3: unknown). The chunks are disposed.
 * @param chunks what `stream` gives, or any audio of one sample rate.
 * @param options a format's name stands for `{ format }`; default wav.
 * @throws VoirsError INVALID_OPTIONS, ENCODER_NOT_FOUND; INVALID_AUDIO when a chunk is no audio or has another
 * rate; and what the chunks throw.
 */
export function encodeStream(
  chunks: AudioChunks,
  options: EncodeOptions | AudioFormat = {},
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
  const checked = checkedEncoding(options, 'encodeStream');
  return asStream(encodedPieces(checkedChunks(chunks, 'encodeStream'), checked, false));
}

async function* asStream(
  pieces: AsyncIterable<FileEnd>,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
  for await (const { bytes } of pieces) if (bytes.length > 0) yield bytes as Uint8Array<ArrayBuffer>;
}

/** @throws VoirsError INVALID_AUDIO for what cannot be iterated. */
export function checkedChunks(chunks: AudioChunks, where: string): AudioChunks {
  const parts = Object(chunks) as Partial<AsyncIterable<unknown> & Iterable<unknown>>;
  if (typeof (parts[Symbol.asyncIterator] ?? parts[Symbol.iterator]) === 'function') return chunks;
  throw new VoirsError('INVALID_AUDIO', `${where} needs chunks of audio`, {
    got: shown(chunks),
    wanted: 'an iterable of AudioBuffer',
    suggestion: 'For one AudioBuffer use its encode()',
  });
}

/** What the encoder makes of chunks, which are disposed; the last has the header, where the format has such. */
export async function* encodedPieces(
  chunks: AudioChunks,
  options: EncodeOptions & { format: AudioFormat },
  canRewrite: boolean,
): AsyncGenerator<FileEnd, void, undefined> {
  let form: EncodeContext | undefined;
  let encoder: AudioEncoder | undefined;
  try {
    for await (const chunk of chunks) {
      if (!(Object(chunk).samples instanceof Float32Array)) {
        throw new VoirsError('INVALID_AUDIO', 'A chunk is no audio', {
          got: shown(chunk),
          wanted: 'an AudioBuffer',
        });
      }
      let bytes: Uint8Array;
      try {
        const { sampleRate, channels } = chunk;
        form ??= { sampleRate, channels, canRewrite };
        if (form.sampleRate !== sampleRate || form.channels !== channels) {
          throw new VoirsError('INVALID_AUDIO', 'A chunk has another form than the first', {
            got: `${sampleRate} Hz, ${channels} channels`,
            wanted: `${form.sampleRate} Hz, ${form.channels} channels`,
          });
        }
        encoder ??= await openEncoder(form, options);
        bytes = await encoder.encode(chunk.samples);
      } finally {
        chunk.dispose();
      }
      yield { bytes };
    }
    if (encoder) yield await encoder.finish();
  } finally {
    encoder?.[Symbol.dispose]();
  }
}

/**
 * The same as a stream of the web, for `new Response(stream)`: nothing is made before it is read, and cancelling
 * it ends the synthesis behind it.
 * @throws VoirsError as `encodeStream`.
 */
export function toReadableStream(
  chunks: AudioChunks,
  options: EncodeOptions | AudioFormat = {},
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const source = encodeStream(chunks, options);
  return new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      async pull(controller) {
        const { value, done } = await source.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      async cancel() {
        await source.return();
      },
    },
    { highWaterMark: 0 },
  );
}

/**
 * The same as a Readable of Node, for `stream.pipe(response)`.
 * @throws VoirsError as `encodeStream`; INVALID_OPTIONS in a browser, which has no such streams.
 */
export function toNodeStream(chunks: AudioChunks, options: EncodeOptions | AudioFormat = {}): NodeStream {
  if (!host.nodeStream) {
    throw new VoirsError('INVALID_OPTIONS', 'Streams of Node are not here', {
      got: host.name,
      wanted: 'Node',
      suggestion: 'Use toReadableStream',
    });
  }
  return host.nodeStream(encodeStream(chunks, options));
}
