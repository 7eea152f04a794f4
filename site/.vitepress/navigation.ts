// The order of the documentation: a user's needs first, background reading last. The site's sidebar is made of
// it, and test/docs/site.test.ts holds that every page of docs/ has its place.

/** A page: the name of its file in docs/ without .md, and its title in the sidebar. */
export type Entry = readonly [page: string, title: string];

/** A part of the sidebar. */
export interface Part {
  title: string;
  entries: readonly Entry[];
  /** Shown closed at first. */
  isCollapsed?: boolean;
}

export const PARTS: readonly Part[] = [
  {
    title: 'Start',
    entries: [
      ['start', 'First minute'],
      ['voices', 'Voices to hear'],
      ['recipes', 'Recipes'],
      ['errors', 'Errors and what to do'],
      ['comparison', 'Beside other engines'],
    ],
  },
  {
    title: 'Speak',
    entries: [
      ['text', 'How text is read'],
      ['ssml', 'SSML'],
      ['lexicon', 'Pronunciation'],
      ['audio', 'Files, streams, captions'],
    ],
  },
  {
    title: 'Run',
    entries: [
      ['everywhere', 'Where it runs'],
      ['server', 'Server'],
      ['queue', 'Queue on many machines'],
      ['scale', 'Scale'],
      ['browser', 'Browser'],
      ['studio', 'Studio'],
      ['player', 'Player'],
      ['worker', 'Worker'],
      ['models', 'Models of your own'],
      ['parts', 'Parts by themselves'],
      ['reliability', 'Reliability'],
    ],
  },
  {
    title: 'Backends',
    isCollapsed: true,
    entries: [
      ['backends', 'All backends'],
      ['webgpu', 'WebGPU'],
      ['tensorflow', 'libtensorflow and CUDA'],
    ],
  },
  {
    title: 'Background',
    isCollapsed: true,
    entries: [
      ['figures', 'Figures'],
      ['quality', 'Quality of the voices'],
      ['memory', 'Memory'],
      ['kernels', 'Kernels'],
    ],
  },
];

/** The parts with the pages that exist; pages that have no place yet come last. */
export function partsFor(pages: readonly string[]): Part[] {
  const placed = new Set(PARTS.flatMap(({ entries }) => entries.map(([page]) => page)));
  const parts = PARTS.map((part) => ({
    ...part,
    entries: part.entries.filter(([page]) => pages.includes(page)),
  }));
  const others = pages.filter((page) => !placed.has(page)).map((page): Entry => [page, page]);
  return [...parts, { title: 'More', entries: others }].filter(({ entries }) => entries.length > 0);
}
