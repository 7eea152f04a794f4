// Where the files of the package are, when they are not where the package says: bundlers move code, not files.
import { VoirsError } from '../errors.js';
import { setPackageLocation } from './host.js';

/**
 * Says where the package's folders `vendor` and `weights` are: a URL in a browser (relative ones are the page's), a
 * folder or file: URL in Node. Default: beside the code, which holds unless a bundler moved it. Call it before
 * the first pipeline.
 * @throws VoirsError INVALID_OPTIONS when it is no string or URL.
 */
export function setAssetBase(base: string | URL): void {
  if ((typeof base !== 'string' && !(base instanceof URL)) || `${base}` === '') {
    throw new VoirsError('INVALID_OPTIONS', 'The base of the assets is not a URL or a folder', {
      got: base === '' ? 'an empty string' : typeof base,
      wanted: 'a URL, or in Node a folder',
    });
  }
  setPackageLocation(`${base}`);
}
