// The encoders of MP3, Opus and AAC are WebAssembly packages of others (LAME, libopus, FFmpeg) that a program installs
// when it wants them. They are loaded when the first such file is written.
import { refuseNonFunctions, refuseOtherThan, shown, VoirsError } from '../../errors.js';
import { packageLoaders } from './encoder-packages.js';
import { AUDIO_FORMATS, type AudioFormat } from './format.js';

/** The part of wasm-media-encoders that is used. */
export interface Mp3Package {
  createMp3Encoder(): Promise<{
    configure(form: { sampleRate: number; channels: 1 | 2; bitrate: number; outputSampleRate: number }): void;
    /** @returns a view that is valid until the next call. */
    encode(channels: readonly Float32Array[]): Uint8Array;
    finalize(): Uint8Array;
  }>;
}

/** The part of libopus-wasm that is used. */
export interface OpusPackage {
  createEncoder(options: {
    sampleRate: number;
    channels: number;
    application: number;
    bitrate: number;
  }): Promise<{
    readonly frameSize: number;
    /** Interleaved samples of one frame -> one packet. */
    encodeFloat(samples: Float32Array): Uint8Array;
    /** Frames by which decoded audio is late. */
    getLookahead(): number;
    setSignal(signal: number): void;
    free(): void;
  }>;
}

/** The parts of mediabunny and @mediabunny/aac-encoder that are used. */
export interface AacPackage {
  registerAacEncoder(): void;
  Output: new (options: {
    format: object;
    target: object;
  }) => {
    addAudioTrack(source: object): void;
    setMetadataTags(tags: Readonly<Record<string, unknown>>): void;
    start(): Promise<void>;
    finalize(): Promise<void>;
    cancel(): Promise<void>;
  };
  AdtsOutputFormat: new () => object;
  NullTarget: new () => object;
  StreamTarget: new (stream: WritableStream<{ data: Uint8Array; position: number }>) => object;
  Mp4OutputFormat: new (options: {
    fastStart: false | 'in-memory' | 'fragmented';
    /** Seconds. */
    minimumFragmentDuration?: number;
    /** Told of the index and its place when it is written. */
    onMoov?(data: Uint8Array, position: number): void;
  }) => object;
  AudioSample: new (init: {
    data: Float32Array;
    format: 'f32';
    numberOfChannels: number;
    sampleRate: number;
    /** Seconds. */
    timestamp: number;
  }) => { close(): void };
  /** Times in seconds. */
  EncodedPacket: new (
    data: Uint8Array,
    type: 'key',
    timestamp: number,
    duration: number,
  ) => {
    readonly data: Uint8Array;
  };
  AudioSampleSource: new (config: {
    codec: 'aac';
    bitrate: number;
    onEncodedPacket(packet: { readonly data: Uint8Array }, facts: unknown): void;
  }) => { add(sample: object): Promise<void> };
  EncodedAudioPacketSource: new (codec: 'aac') => { add(packet: object, facts: unknown): Promise<void> };
}

interface Packages {
  mp3: Mp3Package;
  opus: OpusPackage;
  aac: AacPackage;
}

/** Formats that need a package; that of `aac` writes `m4a` too. */
export type OptionalFormat = 'mp3' | 'opus' | 'aac';

const PACKAGES: Record<OptionalFormat, { name: string; install: string; entry: string }> = {
  mp3: { name: 'wasm-media-encoders', install: 'wasm-media-encoders@0.7', entry: 'createMp3Encoder' },
  opus: { name: 'libopus-wasm', install: 'libopus-wasm@0.4', entry: 'createEncoder' },
  aac: {
    name: '@mediabunny/aac-encoder',
    install: 'mediabunny@1.59 @mediabunny/aac-encoder@1.59',
    entry: 'registerAacEncoder',
  },
};

const loaders: Record<OptionalFormat, () => Promise<unknown>> = { ...packageLoaders };

/**
 * Says how to load the package that encodes a format, for bundlers and pages, where it cannot be found by its
 * name: `useEncoder('mp3', () => import('wasm-media-encoders'))`.
 * @throws VoirsError INVALID_OPTIONS.
 */
export function useEncoder(format: OptionalFormat, load: () => Promise<unknown>): void {
  refuseOtherThan(Object.keys(PACKAGES), format, 'format of useEncoder');
  refuseNonFunctions({ load });
  if (load === undefined)
    throw new VoirsError('INVALID_OPTIONS', 'load is missing', { wanted: 'a function' });
  loaders[format] = load;
}

/** The package of a format. @throws VoirsError ENCODER_NOT_FOUND that says what to install. */
export async function encoderPackage<F extends OptionalFormat>(format: F): Promise<Packages[F]> {
  const { name, install, entry } = PACKAGES[format];
  let loaded: unknown;
  try {
    loaded = await loaders[format]();
  } catch (cause) {
    throw new VoirsError('ENCODER_NOT_FOUND', `The encoder of ${format} is not here`, {
      got: shown((cause as Error)?.message?.split('\n')[0]),
      wanted: `the package ${name}`,
      suggestion: `Run npm install ${install}, and npm install voirs where npx alone has run it; in a page or a bundle also call useEncoder`,
      cause,
    });
  }
  const own = loaded as Record<string, unknown> & { default?: Record<string, unknown> };
  const found = [own, own?.default].find((one) => typeof one?.[entry] === 'function');
  if (found) return found as unknown as Packages[F];
  throw new VoirsError('ENCODER_NOT_FOUND', `The encoder of ${format} is another package`, {
    got: shown(Object.keys(Object(loaded))),
    wanted: `${install} with ${entry}`,
  });
}

/**
 * Looks whether the package that encodes a format is here, before work begins whose result it is to write.
 * @param format any; those of this package need no other.
 * @throws VoirsError ENCODER_NOT_FOUND that says what to install; INVALID_OPTIONS for a format that is unknown.
 */
export async function requireEncoder(format: AudioFormat): Promise<void> {
  refuseOtherThan(AUDIO_FORMATS, format, 'audio format');
  const own = format === 'm4a' ? 'aac' : format;
  if (Object.hasOwn(PACKAGES, own)) await encoderPackage(own as OptionalFormat);
}
