// Loads libsamplerate, which is large (2 MB), when the first sampling rate differs. A service worker may not
// load code on demand: dist/browser/service-worker.js gives it the library at its start.
import { refuseNonFunctions, shown, VoirsError } from '../errors.js';

type Library = typeof import('@alexanderolsen/libsamplerate-js');

let load: () => Promise<unknown> = () => import('@alexanderolsen/libsamplerate-js');

/**
 * Says how to load libsamplerate, where it cannot be imported on demand:
 * `useResampler(async () => resampler)` after `import * as resampler from '@alexanderolsen/libsamplerate-js'`.
 * @throws VoirsError INVALID_OPTIONS.
 */
export function useResampler(loader: () => Promise<unknown>): void {
  refuseNonFunctions({ loader });
  if (loader === undefined)
    throw new VoirsError('INVALID_OPTIONS', 'loader is missing', { wanted: 'a function' });
  load = loader;
}

/** The library; a CommonJS package, and loaders disagree on where its exports are. @throws VoirsError IO_ERROR. */
export async function resamplerLibrary(): Promise<Library> {
  let loaded: unknown;
  try {
    loaded = await load();
  } catch (cause) {
    throw new VoirsError('IO_ERROR', 'The code that changes sampling rates cannot be loaded', {
      got: shown((cause as Error)?.message?.split('\n')[0]),
      wanted: 'libsamplerate-js',
      suggestion:
        'Serve resampler.js beside voirs.js; in a service worker import voirs/service-worker; in a bundle call useResampler',
      cause,
    });
  }
  const own = loaded as Library & { default?: Library };
  const found = [own, own?.default].find((one) => typeof one?.create === 'function');
  if (found) return found;
  throw new VoirsError('IO_ERROR', 'The code that changes sampling rates is another package', {
    got: shown(Object.keys(Object(loaded))),
    wanted: 'libsamplerate-js with create',
  });
}
