// The documentation as a site: the pages are docs/*.md, the reference is made of the doc comments, search works
// without a network.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitepress';
import { partsFor } from './navigation.js';
import { forSite, REWRITES } from './sources.js';

const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');
const { version, homepage, repository } = JSON.parse(readFileSync(`${root}/package.json`, 'utf8'));
const repositoryUrl = String(repository?.url ?? '').replace(/^git\+|\.git$/g, '');
const pages = readdirSync(`${root}/docs`)
  .filter((name) => name.endsWith('.md'))
  .map((name) => name.replace(/\.md$/, ''));

/** What of the repository is no page. */
const others = readdirSync(root, { withFileTypes: true })
  .filter((entry) => (entry.isDirectory() ? !/^(docs|site)$/.test(entry.name) : !(entry.name in REWRITES)))
  .map((entry) => (entry.isDirectory() ? `${entry.name}/**` : entry.name));

const reference = JSON.parse(readFileSync(`${root}/site/api/typedoc-sidebar.json`, 'utf8'));

export default defineConfig({
  title: 'voirs',
  description: 'Neural text-to-speech in TypeScript: speech with the exact time of every word and phone',
  lang: 'en',
  srcDir: '..',
  outDir: './.vitepress/dist',
  cacheDir: './.vitepress/cache',
  srcExclude: [...others, '**/node_modules/**', 'site/.vitepress/**'],
  rewrites: REWRITES,
  // A site that lies below a path of its host: VOIRS_SITE_BASE=/voirs/ npm run site
  base: process.env.VOIRS_SITE_BASE ?? '/',
  cleanUrls: false, // any server of static files suffices
  lastUpdated: false,
  head: [
    ['link', { rel: 'icon', href: `${process.env.VOIRS_SITE_BASE ?? '/'}logo.svg`, type: 'image/svg+xml' }],
    ['meta', { name: 'theme-color', content: '#2f6f73' }],
  ],
  markdown: {
    theme: { light: 'github-light', dark: 'github-dark' },
    config(md) {
      // Before all else, for the pages and for the index of the search.
      md.core.ruler.before('normalize', 'voirs-sources', (state) => {
        const { path, realPath } = state.env;
        const file = [realPath, path, path.replace(root, `${root}/docs`)].find(
          (one) => one && existsSync(one),
        );
        if (file) state.src = forSite(state.src, relative(root, file), root, repositoryUrl);
      });
    },
  },
  vite: {
    publicDir: `${root}/site/public`,
    server: { fs: { allow: [root] } },
    plugins: [
      {
        name: 'voirs-packages',
        enforce: 'pre',
        // The pages lie outside of site/, where the packages are that their compiled forms import.
        resolveId(id, importer, options) {
          if (!/^(vue|vitepress)(\/|$)/.test(id) || importer?.includes('/site/')) return undefined;
          return this.resolve(id, `${root}/site/.vitepress/config.ts`, options);
        },
      },
    ],
  },
  themeConfig: {
    logo: '/logo.svg',
    search: { provider: 'local' },
    outline: [2, 3],
    nav: [
      { text: 'First minute', link: '/start' },
      { text: 'Recipes', link: '/recipes' },
      { text: 'Voices', link: '/voices' },
      { text: 'Reference', link: '/api/' },
      {
        text: version,
        items: [
          { text: 'Changes', link: '/changelog' },
          { text: 'Contributing', link: '/contributing' },
        ],
      },
    ],
    sidebar: {
      '/api/': [{ text: 'Reference', link: '/api/', items: reference }],
      '/': [
        ...partsFor(pages).map(({ title, entries, isCollapsed }) => ({
          text: title,
          ...(isCollapsed ? { collapsed: true } : {}),
          items: entries.map(([page, text]) => ({ text, link: `/${page}` })),
        })),
        {
          text: 'Project',
          collapsed: true,
          items: [
            { text: 'Reference of the API', link: '/api/' },
            { text: 'Shape of the code', link: '/architecture' },
            { text: 'Contributing', link: '/contributing' },
            { text: 'Security', link: '/security' },
            { text: 'Changes', link: '/changelog' },
          ],
        },
      ],
    },
    ...(repositoryUrl ? { socialLinks: [{ icon: 'github', link: repositoryUrl }] } : {}),
    footer: {
      message: 'Apache-2.0. The voices have licences of their own.',
      ...(homepage ? { copyright: homepage } : {}),
    },
  },
});
