// A page finds no package by its name: it names them itself.

async function unnamed(): Promise<never> {
  throw new Error('a page, in which useEncoder has not been called');
}

/** How each package is loaded. */
export const packageLoaders: Record<'mp3' | 'opus' | 'aac', () => Promise<unknown>> = {
  mp3: unnamed,
  opus: unnamed,
  aac: unnamed,
};
