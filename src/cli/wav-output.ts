// Writes audio of unknown length to a WAV file or to stdout, chunk by chunk, so that memory does not grow.
import { createHash } from 'node:crypto';
import { type WavEncoding, wavHeader, wavSamples } from '../audio/wav.js';
import { OutputFile } from './output-file.js';
import type { Terminal } from './terminal.js';

/** The form of the samples in a WAV. */
export interface WavForm {
  sampleRate: number;
  channels: number;
  encoding: WavEncoding;
}

/** Takes chunks of audio. `finish` completes the result; disposing without it leaves nothing. */
export interface WavOutput extends AsyncDisposable {
  /** @throws VoirsError IO_ERROR. */
  write(samples: Float32Array): Promise<void>;
  /** @returns bytes of the whole file. @throws VoirsError IO_ERROR. */
  finish(): Promise<number>;
}

/** A WAV file whose header is written last, when the length is known. */
export class WavFile implements WavOutput {
  private samples = 0;

  private constructor(
    private readonly file: OutputFile,
    private readonly form: WavForm,
  ) {}

  /** @throws VoirsError IO_ERROR when the path cannot be written. */
  static async create(path: string, form: WavForm): Promise<WavFile> {
    return WavFile.into(await OutputFile.create(path), form);
  }

  static async into(file: OutputFile, form: WavForm): Promise<WavFile> {
    try {
      await file.write(wavHeader(0, form.sampleRate, form.channels, form.encoding)); // replaced by `seal`
      return new WavFile(file, form);
    } catch (error) {
      await file[Symbol.asyncDispose]();
      throw error;
    }
  }

  async write(samples: Float32Array): Promise<void> {
    // wavSamples pads to an even length, which only the end of a file may have: `seal` writes it.
    const bytes = wavSamples(samples, this.form.encoding);
    await this.file.write(bytes.subarray(0, samples.length * BYTES[this.form.encoding]));
    this.samples += samples.length;
  }

  /** Completes the content. @returns its bytes. */
  async seal(): Promise<number> {
    const { sampleRate, channels, encoding } = this.form;
    if (this.file.size % 2 === 1) await this.file.write(new Uint8Array(1));
    await this.file.write(wavHeader(this.samples / channels, sampleRate, channels, encoding), 0);
    return this.file.size;
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

  async finish(): Promise<number> {
    const bytes = await this.seal();
    await this.commit();
    return bytes;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.file[Symbol.asyncDispose]();
  }
}

const BYTES: Record<WavEncoding, number> = { pcm16: 2, pcm24: 3, float32: 4 };

/** stdout, written at the end: the header has the true length, and a failure writes nothing. */
export class WavSpool implements WavOutput {
  private constructor(
    private readonly file: OutputFile,
    private readonly wav: WavFile,
    private readonly terminal: Terminal,
  ) {}

  static async create(terminal: Terminal, form: WavForm): Promise<WavSpool> {
    const file = await OutputFile.temporary();
    return new WavSpool(file, await WavFile.into(file, form), terminal);
  }

  write(samples: Float32Array): Promise<void> {
    return this.wav.write(samples);
  }

  async finish(): Promise<number> {
    const bytes = await this.wav.seal();
    for await (const piece of this.file.read()) await this.terminal.write(piece);
    return bytes;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.file[Symbol.asyncDispose]();
  }
}

/** stdout, written as the audio is made: the header has the greatest length, as in any live stream. */
export class WavLive implements WavOutput {
  private bytes = 0;

  constructor(
    private readonly terminal: Terminal,
    private readonly form: WavForm,
  ) {}

  async write(samples: Float32Array): Promise<void> {
    if (this.bytes === 0) await this.put(this.header());
    const bytes = wavSamples(samples, this.form.encoding);
    await this.put(bytes.subarray(0, samples.length * BYTES[this.form.encoding]));
  }

  async finish(): Promise<number> {
    return this.bytes;
  }

  private header(): Uint8Array {
    const header = wavHeader(0, this.form.sampleRate, this.form.channels, this.form.encoding);
    const view = new DataView(header.buffer);
    view.setUint32(4, 0xffffffff, true);
    view.setUint32(40, 0xffffffff, true);
    return header;
  }

  private async put(bytes: Uint8Array): Promise<void> {
    await this.terminal.write(bytes);
    this.bytes += bytes.length;
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}
