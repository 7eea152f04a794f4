// Names the entries of the package as programs import them, and writes the sidebar of the reference beside its pages.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Converter } from 'typedoc';
import { MarkdownRendererEvent } from 'typedoc-plugin-markdown';

const NAMES = {
  index: 'voirs',
  'documents/epub': 'voirs/epub',
  'player/player': 'voirs/player',
  'player/speech-element': 'voirs/speech-element',
};

/** Called by TypeDoc. */
export function load(app) {
  app.converter.on(Converter.EVENT_RESOLVE_END, ({ project }) => {
    for (const module of project.children ?? []) module.name = NAMES[module.name] ?? module.name;
  });
  app.renderer.on(MarkdownRendererEvent.END, (event) => {
    const items = (nodes) =>
      nodes.map(({ title, path, children }) => ({
        text: title,
        ...(path ? { link: `/api/${path.replace(/\.md$/, '.html')}` } : {}), // a name may end as files do: Epub
        ...(children ? { collapsed: true, items: items(children) } : {}),
      }));
    writeFileSync(
      join(event.outputDirectory, 'typedoc-sidebar.json'),
      JSON.stringify(items(event.navigation ?? [])),
    );
  });
}
