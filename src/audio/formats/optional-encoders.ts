// The encoders of MP3 and Opus are WebAssembly packages of others (LAME, libopus) that a program installs when
// it wants them. They are loaded when the first such file is written.
import { refuseNonFunctions, refuseOtherThan, shown, VoirsError } from '../../errors.js';
import { packageLoaders } from './encoder-packages.js';

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

interface Packages {
  mp3: Mp3Package;
  opus: OpusPackage;
}

/** Formats that need a package. */
export type OptionalFormat = 'mp3' | 'opus';

const PACKAGES: Record<OptionalFormat, { name: string; version: string; entry: string }> = {
  mp3: { name: 'wasm-media-encoders', version: '0.7', entry: 'createMp3Encoder' },
  opus: { name: 'libopus-wasm', version: '0.4', entry: 'createEncoder' },
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
  const { name, version, entry } = PACKAGES[format];
  let loaded: unknown;
  try {
    loaded = await loaders[format]();
  } catch (cause) {
    throw new VoirsError('ENCODER_NOT_FOUND', `The encoder of ${format} is not here`, {
      got: shown((cause as Error)?.message?.split('\n')[0]),
      wanted: `the package ${name}`,
      suggestion: `Run npm install ${name}@${version}; in a page or a bundle also call useEncoder`,
      cause,
    });
  }
  const own = loaded as Record<string, unknown> & { default?: Record<string, unknown> };
  const found = [own, own?.default].find((one) => typeof one?.[entry] === 'function');
  if (found) return found as unknown as Packages[F];
  throw new VoirsError('ENCODER_NOT_FOUND', `The encoder of ${format} is another package`, {
    got: shown(Object.keys(Object(loaded))),
    wanted: `${name} ${version} with ${entry}`,
  });
}
