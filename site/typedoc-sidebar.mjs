// Writes the sidebar of the reference beside its pages, by kind.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MarkdownRendererEvent } from 'typedoc-plugin-markdown';

/** Called by TypeDoc. */
export function load(app) {
  app.renderer.on(MarkdownRendererEvent.END, (event) => {
    const items = (nodes) =>
      nodes.map(({ title, path, children }) => ({
        text: title,
        ...(path ? { link: `/api/${path.replace(/\.md$/, '')}` } : {}),
        ...(children ? { collapsed: true, items: items(children) } : {}),
      }));
    writeFileSync(
      join(event.outputDirectory, 'typedoc-sidebar.json'),
      JSON.stringify(items(event.navigation ?? [])),
    );
  });
}
