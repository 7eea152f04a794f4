// Finds the optional packages that encode MP3, Opus and AAC by their names, in Node. Bundlers leave these imports
// alone: a program that never writes such a file need not have the packages.

/** How each package is loaded. */
export const packageLoaders: Record<'mp3' | 'opus' | 'aac', () => Promise<unknown>> = {
  mp3: () =>
    import(/* webpackIgnore: true */ /* turbopackIgnore: true */ /* @vite-ignore */ 'wasm-media-encoders'),
  opus: () => import(/* webpackIgnore: true */ /* turbopackIgnore: true */ /* @vite-ignore */ 'libopus-wasm'),
  aac: async () => ({
    ...(await import(/* webpackIgnore: true */ /* turbopackIgnore: true */ /* @vite-ignore */ 'mediabunny')),
    ...(await import(
      /* webpackIgnore: true */ /* turbopackIgnore: true */ /* @vite-ignore */ '@mediabunny/aac-encoder'
    )),
  }),
};
