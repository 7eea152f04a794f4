// Audio that arrives in chunks -> the bytes of a finished file, whose header states its length and, for m4a, its
// chapters. It waits on the disk, so that a book of many hours takes no more memory than a page.
import { VoirsError } from '../../errors.js';
import { type FileDraft, FileFailure } from '../../host/contract.js';
import { host } from '../../host/host.js';
import { type AudioChunks, checkedChunks, encodedPieces } from './encode-stream.js';
import { type AudioFormat, checkedEncoding, type EncodeOptions } from './format.js';
import { joined } from './joined.js';

/**
 * Chunks of audio -> the file that `save` would write, in pieces, the first after the last chunk. It lies in a file
 * without a name meanwhile, in pages in memory. The chunks are disposed.
 * @param chunks what `stream` gives, or any audio of one sample rate.
 * @param options a format's name stands for `{ format }`; default wav.
 * @throws VoirsError INVALID_OPTIONS, ENCODER_NOT_FOUND, INVALID_AUDIO as `encodeStream`; IO_ERROR when the disk is
 * full; and what the chunks throw.
 */
export function encodeFile(
  chunks: AudioChunks,
  options: EncodeOptions | AudioFormat = {},
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
  const checked = checkedEncoding(options, 'encodeFile');
  return finished(checkedChunks(chunks, 'encodeFile'), checked);
}

async function* finished(
  chunks: AudioChunks,
  options: EncodeOptions & { format: AudioFormat },
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
  const hasFiles = host.nodeStream !== undefined; // a page has neither
  const draft = hasFiles ? await onDisk(host.files.createScratch()) : new MemoryDraft();
  try {
    for await (const { bytes, header } of encodedPieces(chunks, options, true)) {
      if (bytes.length > 0) await onDisk(draft.write(bytes));
      if (header) await onDisk(draft.write(header, 0));
    }
    const pieces = draft.read();
    for (;;) {
      const { value, done } = await onDisk(pieces.next());
      if (done) return;
      yield new Uint8Array(value); // a piece is valid until the next
    }
  } finally {
    await draft.discard();
  }
}

async function onDisk<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof FileFailure)) throw error;
    throw new VoirsError('IO_ERROR', 'The file cannot be kept until it is whole', {
      got: error.got,
      suggestion: error.suggestion ?? 'TMPDIR names a folder with more room',
      cause: error,
    });
  }
}

/** A page has no files. */
class MemoryDraft implements Pick<FileDraft, 'write' | 'read' | 'discard'> {
  private readonly parts: Uint8Array[] = [];

  async write(bytes: Uint8Array, at?: number): Promise<void> {
    if (at === undefined) {
      this.parts.push(bytes);
      return;
    }
    const whole = joined(this.parts);
    whole.set(bytes, at);
    this.parts.splice(0, this.parts.length, whole);
  }

  async *read(): AsyncGenerator<Uint8Array, void, undefined> {
    yield* this.parts;
  }

  async discard(): Promise<void> {
    this.parts.length = 0;
  }
}
