// Lets a program say where the files of the package are: bundlers move code, not files.
import { VoirsError } from '../errors.js';
import { host, setPackageLocation } from './host.js';

let isSet = false;

/** What `setAssetBase` was given, absolute in a browser; undefined before. */
export function assetBase(): string | undefined {
  return isSet ? host.files.ofPackage('') : undefined;
}

/**
 * Removes the weights and word lists that pages keep in the browser's Cache Storage, so that they are not loaded again:
 * weights by their digest, the rest for the time without a connection. Nothing in Node. Pipelines that are loaded stay
 * as they are.
 */
export async function clearAssetCache(): Promise<void> {
  await host.files.clearKept();
}

/**
 * Says where the package's folders `vendor` and `weights` are: a URL in a browser (relative to the page), a
 * folder or a file: URL in Node. Default: beside the code, which is right unless a bundler moved it. Call it
 * before the first pipeline.
 * @throws VoirsError INVALID_OPTIONS when `base` is neither a URL nor a string that is not empty.
 */
export function setAssetBase(base: string | URL): void {
  if ((typeof base !== 'string' && !(base instanceof URL)) || `${base}` === '') {
    throw new VoirsError('INVALID_OPTIONS', 'The base of the assets is not a URL or a folder', {
      got: base === '' ? 'an empty string' : typeof base,
      wanted: 'a URL, or in Node a folder',
    });
  }
  setPackageLocation(`${base}`);
  isSet = true;
}
