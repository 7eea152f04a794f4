// Writes what the owner states in package.json into all that is published: repository and homepage into the other
// packages, absolute links into each README. Run in a checkout that is thrown away (.github/workflows/release.yml).
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { manifestIn, publishedFolders, repositoryPage, withAbsoluteLinks } from './facts.mjs';

const root = process.argv[2] ?? fileURLToPath(new URL('../..', import.meta.url));
const own = manifestIn(root);
const page = repositoryPage(own);
if (page === '' || !own.homepage) {
  console.error('package.json: the owner has to state repository and homepage first');
  process.exit(1);
}
for (const folder of publishedFolders(root)) {
  const inside = relative(root, folder).split(sep).join('/');
  const manifest = manifestIn(folder);
  const repository = { type: 'git', url: `git+${page}.git`, ...(inside ? { directory: inside } : {}) };
  const stamped = { ...manifest, repository, homepage: own.homepage };
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(stamped, null, '\t')}\n`);
  const readme = join(folder, 'README.md');
  if (!existsSync(readme)) continue; // the check names it
  const text = readFileSync(readme, 'utf8');
  writeFileSync(readme, withAbsoluteLinks(text, page, manifest.version, inside ? `${inside}/` : ''));
  console.log(`${manifest.name} ${manifest.version}: ${page}`);
}
