// What a package must say before it is published, and what is derived from it. package.json of voirs is the one
// place where the owner states repository and homepage.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const manifestIn = (folder) => JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));

/** The repository as a page, without an ending: https://host/owner/name; '' where none is stated. */
export function repositoryPage({ repository = '' }) {
  const url = typeof repository === 'string' ? repository : (repository.url ?? '');
  return url.replace(/^git\+/, '').replace(/\.git$/, '');
}

/** Folders of the packages that are published: the root, and what is below packages/. */
export function publishedFolders(root) {
  const below = join(root, 'packages');
  const others = existsSync(below) ? readdirSync(below).map((name) => join(below, name)) : [];
  return [root, ...others].filter(
    (folder) => existsSync(join(folder, 'package.json')) && !manifestIn(folder).private,
  );
}

const RELATIVE_LINK = /\]\((?![a-z]+:|#)([^)\s]+)\)/g;

/** Links of a README that would be dead on npm. */
export const relativeLinks = (text) => [...text.matchAll(RELATIVE_LINK)].map(([, target]) => target);

/** A README whose links lead to the repository at a version. @param folder where it lies there: '' or packages/NAME/. */
export function withAbsoluteLinks(text, page, version, folder = '') {
  return text.replace(RELATIVE_LINK, (_, target) => {
    const isSeen = /\.(png|svg|jpg|gif|webp)(#|$)/.test(target);
    const { pathname, hash } = new URL(target, `file:///${folder}`);
    return `](${page}/${isSeen ? 'raw' : 'blob'}/v${version}${pathname}${hash})`;
  });
}

/** Why these packages may not be published yet; empty when they may. */
export function faults(root) {
  const found = [];
  const own = manifestIn(root);
  const page = repositoryPage(own);
  const isPage = (url) => /^https:\/\/[\w.-]+\/./.test(url) || /^https:\/\/[\w-]+(\.[\w-]+)+\/?$/.test(url);
  if (!isPage(page))
    found.push('package.json: repository is empty; the owner states it, as https://HOST/OWNER/NAME');
  if (!isPage(own.homepage ?? '')) found.push('package.json: homepage is empty; the owner states it');
  for (const folder of publishedFolders(root)) {
    const manifest = manifestIn(folder);
    const { name, version, description, keywords = [], author, license } = manifest;
    if (!description || keywords.length === 0 || !author || !license)
      found.push(`${name}: description, keywords, author or license is missing`);
    if (repositoryPage(manifest) !== page || manifest.homepage !== own.homepage)
      found.push(
        `${name}: repository and homepage are not those of voirs; run node scripts/publish/stamp.mjs`,
      );
    const readme = join(folder, 'README.md');
    if (!existsSync(readme)) found.push(`${name}: README.md is missing; npm shows it`);
    const links = existsSync(readme) ? relativeLinks(readFileSync(readme, 'utf8')) : [];
    if (links.length > 0)
      found.push(
        `${name}: README.md has links that are dead on npm (${links[0]}); run node scripts/publish/stamp.mjs`,
      );
    const changes = join(folder, 'CHANGELOG.md');
    if (
      existsSync(changes) &&
      !new RegExp(`^## ${version.replaceAll('.', '\\.')}$`, 'm').test(readFileSync(changes, 'utf8'))
    )
      found.push(`${name}: CHANGELOG.md has no section "## ${version}"; run npm run release:version`);
  }
  return found;
}
