// Writes audio of unknown length to a file or to stdout, chunk by chunk, so that memory does not grow.
import { createHash } from 'node:crypto';
import { openEncoder } from '../audio/formats/encode.js';
import type { AudioEncoder, AudioFormat, EncodeOptions } from '../audio/formats/format.js';
import type { Timeline } from '../audio/timeline.js';
import { OutputFile } from './output-file.js';
import type { Terminal } from './terminal.js';

/** The form of an audio file. */
export interface AudioForm {
  sampleRate: number;
  channels: number;
  /** With a `text`, whatever it is, the file gets lyrics, which `finish` is told. */
  options: EncodeOptions & { format: AudioFormat };
}

/** The text of a file and the times of its words. */
export interface Lyrics {
  text: string;
  timeline: Timeline;
}

/** Takes chunks of audio. `finish` completes the result; disposing without it leaves nothing. */
export interface AudioOutput extends AsyncDisposable {
  /** @throws VoirsError IO_ERROR. */
  write(samples: Float32Array): Promise<void>;
  /** @returns bytes of the whole file. @throws VoirsError IO_ERROR. */
  finish(lyrics?: Lyrics): Promise<number>;
}

/** An audio file whose header is written again when the length is known. */
export class AudioFile implements AudioOutput {
  private constructor(
    private readonly file: OutputFile,
    private readonly form: AudioForm,
    private encoder: AudioEncoder,
    private readonly spool: SampleSpool | undefined,
  ) {}

  /** @throws VoirsError IO_ERROR when the path cannot be written, ENCODER_NOT_FOUND, INVALID_OPTIONS. */
  static async create(path: string, form: AudioForm): Promise<AudioFile> {
    return AudioFile.into(await OutputFile.create(path), form);
  }

  static async into(file: OutputFile, form: AudioForm): Promise<AudioFile> {
    try {
      const { options, ...samples } = form;
      const encoder = await openEncoder({ ...samples, canRewrite: true }, options);
      return new AudioFile(
        file,
        form,
        encoder,
        options.text === undefined ? undefined : await SampleSpool.create(),
      );
    } catch (error) {
      await file[Symbol.asyncDispose]();
      throw error;
    }
  }

  async write(samples: Float32Array): Promise<void> {
    if (this.spool) await this.spool.write(samples);
    else await this.file.write(await this.encoder.encode(samples));
  }

  /** Completes the content. @returns its bytes. */
  async seal(lyrics?: Lyrics): Promise<number> {
    if (this.spool) await this.encodeSpool(this.spool, lyrics);
    const { bytes, header } = await this.encoder.finish();
    await this.file.write(bytes);
    if (header) await this.file.write(header, 0);
    return this.file.size;
  }

  /** Lyrics stand before the audio, and their times are known after it. */
  private async encodeSpool(
    spool: SampleSpool,
    { text = '', timeline }: Partial<Lyrics> = {},
  ): Promise<void> {
    const { options, ...form } = this.form;
    this.encoder[Symbol.dispose]();
    this.encoder = await openEncoder({ ...form, canRewrite: true, timeline }, { ...options, text });
    for await (const samples of spool.read()) await this.file.write(await this.encoder.encode(samples));
  }

  /** SHA-256 of the sealed content, hexadecimal. */
  async sha256(): Promise<string> {
    const hash = createHash('sha256');
    for await (const piece of this.file.read()) hash.update(piece);
    return hash.digest('hex');
  }

  /** Puts the sealed file in its place. */
  commit(): Promise<void> {
    return this.file.commit();
  }

  async finish(lyrics?: Lyrics): Promise<number> {
    const bytes = await this.seal(lyrics);
    await this.commit();
    return bytes;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.encoder[Symbol.dispose]();
    await this.spool?.[Symbol.asyncDispose]();
    await this.file[Symbol.asyncDispose]();
  }
}

/** Samples on the disk, so that memory does not grow with the audio. */
class SampleSpool implements AsyncDisposable {
  private constructor(private readonly file: OutputFile) {}

  static async create(): Promise<SampleSpool> {
    return new SampleSpool(await OutputFile.temporary());
  }

  write({ buffer, byteOffset, byteLength }: Float32Array): Promise<void> {
    return this.file.write(new Uint8Array(buffer, byteOffset, byteLength));
  }

  /** The samples from the start, in pieces. */
  async *read(): AsyncGenerator<Float32Array, void, undefined> {
    let rest = new Uint8Array(0);
    for await (const piece of this.file.read()) {
      const bytes = new Uint8Array(rest.length + piece.length);
      bytes.set(rest);
      bytes.set(piece, rest.length);
      const whole = bytes.length - (bytes.length % Float32Array.BYTES_PER_ELEMENT);
      rest = bytes.slice(whole);
      yield new Float32Array(bytes.buffer, 0, whole / Float32Array.BYTES_PER_ELEMENT);
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.file[Symbol.asyncDispose]();
  }
}

/** stdout, written at the end: the header has the true length, and a failure writes nothing. */
export class AudioSpool implements AudioOutput {
  private constructor(
    private readonly file: OutputFile,
    private readonly audio: AudioFile,
    private readonly terminal: Terminal,
  ) {}

  static async create(terminal: Terminal, form: AudioForm): Promise<AudioSpool> {
    const file = await OutputFile.temporary();
    return new AudioSpool(file, await AudioFile.into(file, form), terminal);
  }

  write(samples: Float32Array): Promise<void> {
    return this.audio.write(samples);
  }

  async finish(lyrics?: Lyrics): Promise<number> {
    const bytes = await this.audio.seal(lyrics);
    for await (const piece of this.file.read()) await this.terminal.write(piece);
    return bytes;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.audio[Symbol.asyncDispose]();
  }
}

/** stdout or a player, written as the audio is made: the header has no length, as in any live stream. */
export class AudioLive implements AudioOutput {
  private bytes = 0;

  private constructor(
    private readonly put: (bytes: Uint8Array) => Promise<void>,
    private readonly encoder: AudioEncoder,
  ) {}

  /** @throws VoirsError ENCODER_NOT_FOUND, INVALID_OPTIONS. */
  static async create(put: (bytes: Uint8Array) => Promise<void>, form: AudioForm): Promise<AudioLive> {
    return new AudioLive(put, await openEncoder(form, form.options));
  }

  async write(samples: Float32Array): Promise<void> {
    await this.send(await this.encoder.encode(samples));
  }

  async finish(): Promise<number> {
    const { bytes } = await this.encoder.finish();
    if (this.bytes > 0) await this.send(bytes);
    return this.bytes;
  }

  private async send(bytes: Uint8Array): Promise<void> {
    if (bytes.length === 0) return;
    await this.put(bytes);
    this.bytes += bytes.length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.encoder[Symbol.dispose]();
  }
}
