// The environment variables that the backends read, in one place. TensorFlow's own, which binding.ts sets for
// a library that reads them itself, are not among them.
import { host } from '../host/host.js';

/** Names of the variables; the last two are the platforms' own folders for caches. */
const NAMES = [
  'VOIRS_SIMD',
  'VOIRS_TENSORFLOW_DIR',
  'VOIRS_CACHE_DIR',
  'XDG_CACHE_HOME',
  'LOCALAPPDATA',
] as const;

/** The variables that are set now, read at each call; an empty one counts as unset. None in a browser. */
export function environment(): { readonly [name in (typeof NAMES)[number]]?: string } {
  const all = host.environment();
  return Object.fromEntries(NAMES.flatMap((name) => (all[name] ? [[name, all[name]]] : [])));
}
