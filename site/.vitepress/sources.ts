// The pages stay where README and npm need them (docs/*.md, CHANGELOG.md, ...): their links are those of the
// repository, and this file turns them into those of the site.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, extname, join, relative, resolve, sep } from 'node:path';
import { PARTS } from './navigation.js';

/** What the site shows of the repository: the path of a source, and the page that it becomes. */
export const REWRITES: Readonly<Record<string, string>> = {
  'docs/:page.md': ':page.md',
  'site/index.md': 'index.md',
  'site/api/:page*': 'api/:page*',
  'CHANGELOG.md': 'changelog.md',
  'CONTRIBUTING.md': 'contributing.md',
  'ARCHITECTURE.md': 'architecture.md',
  'SECURITY.md': 'security.md',
};

/** The route of a source; undefined where the site does not show it. */
export function routeOf(source: string): string | undefined {
  const path = source.split(sep).join('/');
  const docs = path.match(/^docs\/([\w-]+)\.md$/);
  if (docs) return `/${docs[1]}`;
  const api = path.match(/^site\/(api\/.+)\.md$/);
  // With the ending: a name may end as files do, and VitePress would take voirs_epub.Epub for a download.
  if (api) return `/${api[1]}.html`.replace(/\/index\.html$/, '/');
  if (path === 'site/index.md') return '/';
  const own = REWRITES[path];
  return own && `/${own.replace(/\.md$/, '')}`;
}

/** Endings of files that a recipe may have, and the language of each. */
const LANGUAGES: Readonly<Record<string, string>> = {
  '.ts': 'ts',
  '.tsx': 'tsx',
  '.mts': 'ts',
  '.js': 'js',
  '.jsx': 'jsx',
  '.mjs': 'js',
  '.cjs': 'js',
  '.html': 'html',
  '.json': 'json',
  '.sh': 'sh',
};

/**
 * The pages' text for the site. A paragraph that is only a link to a file of examples/ becomes that file; links
 * to pages get their routes, links to samples become players, others lead to the repository, or lose their link
 * while package.json names none.
 * @param source path of the page in the repository.
 */
export function forSite(text: string, source: string, root: string, repository: string): string {
  const folder = dirname(join(root, source));
  let fenced = false;
  return text
    .split('\n')
    .map((line) => {
      if (/^\s*```/.test(line)) fenced = !fenced;
      if (fenced) return line.replace(/^```csp\b/, '```text'); // no language of the highlighter
      const whole = line.match(/^\[[^\]]+\]\(([^)#\s]*\bexamples\/[^)#\s]+)\)$/);
      if (whole) return codeOf(resolve(folder, whole[1]!), root);
      return line.replace(/(?<!!)\[([^\]]+)\]\(([^)\s]+)\)/g, (link, label: string, target: string) => {
        if (/^([a-z]+:|#|\/)/.test(target)) return link;
        const [path = '', part] = target.split('#');
        const anchor = part ? `#${part}` : '';
        if (path.endsWith('.mp3'))
          return `<audio controls preload="none" aria-label="${label.replace(/\.mp3$/, '')}"><source src="./${path}" type="audio/mpeg"></audio>`;
        const inside = relative(root, resolve(folder, path)).split(sep).join('/');
        const route = routeOf(inside);
        if (route !== undefined) return `[${label === path ? titleOf(route) : label}](${route}${anchor})`;
        if (repository === '') return label;
        return `[${label}](${repository}/blob/main/${inside}${anchor})`;
      });
    })
    .join('\n');
}

/** A page that a link names by its file, as the sidebar names it. */
function titleOf(route: string): string {
  const entries = PARTS.flatMap(({ entries }) => entries);
  return entries.find(([page]) => `/${page}` === route)?.[1] ?? route.slice(1);
}

function codeOf(file: string, root: string): string {
  if (!existsSync(file)) throw new Error(`a page shows ${relative(root, file)}, which does not exist`);
  const name = relative(join(root, 'examples'), file).split(sep).join('/');
  const code = readFileSync(file, 'utf8').trimEnd();
  return `\`\`\`${LANGUAGES[extname(file)] ?? 'text'} [${name.replace(/^recipes\//, '')}]\n${code}\n\`\`\``;
}
