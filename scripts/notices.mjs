// The licences of all that is bundled into vendor/ and dist/, taken from what the bundler says it has read, so that
// no package gets in without its licence.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const FILE = 'THIRD-PARTY-NOTICES.md';
/** What stands before it in the file is written by hand. */
const MARK = '<!-- Written by scripts/notices.mjs during the build: the packages that are bundled -->';
/** Lists of bundled packages, which the build leaves beside its results. */
const LISTS = ['vendor', join('dist', 'browser'), join('dist', 'studio')].map((folder) =>
  join(folder, '.packages.json'),
);

/** Names of the packages whose files a bundle was made from, in order. */
export function packagesOf(metafile) {
  const names = Object.keys(metafile.inputs).flatMap((path) => {
    const parts = path.split(/[\\/]node_modules[\\/]|^node_modules[\\/]/);
    if (parts.length < 2) return [];
    const [scope, name] = parts.at(-1).split(/[\\/]/);
    return [scope.startsWith('@') ? `${scope}/${name}` : scope];
  });
  return [...new Set(names)].sort();
}

/** Keeps the list of a bundle's packages in the folder of the bundle. */
export function keepPackages(folder, metafiles) {
  const names = [...new Set(metafiles.flatMap(packagesOf))].sort();
  writeFileSync(join(folder, '.packages.json'), `${JSON.stringify(names)}\n`);
}

/**
 * All that is bundled: packages, and what is compiled into their binaries.
 * @param root the repository, built.
 * @returns name, version, SPDX licence, text, and for compiled parts the package that they are in.
 * @throws Error for a package without a licence that can be given to users.
 */
export function bundledParts(root) {
  const lists = LISTS.map((path) => JSON.parse(readFileSync(join(root, path), 'utf8')));
  const packages = [...new Set(lists.flat())].sort();
  const { compiled } = supplement(root);
  const parts = packages.map((name) => partOf(root, name));
  for (const { name, within, license, copyright } of compiled) {
    if (packages.includes(within))
      parts.push({ name, within, license, text: withCopyright(root, copyright, license) });
  }
  return parts;
}

/** One bundled package. @throws Error when it has no licence. */
export function partOf(root, name) {
  const folder = join(root, 'node_modules', ...name.split('/'));
  if (!existsSync(folder)) throw new Error(`${name} is bundled and not installed at ${folder}`);
  const { version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  if (typeof license !== 'string') throw new Error(`${name} is bundled and names no licence`);
  const file = readdirSync(folder).find((one) => /^(licen[cs]e|copying)(\.(md|txt))?$/i.test(one));
  const { packages } = supplement(root);
  if (file === undefined && packages[name] === undefined)
    throw new Error(
      `${name} is bundled and has no licence file; give its copyright in scripts/licences/supplement.json`,
    );
  const text =
    file === undefined
      ? withCopyright(root, packages[name], license)
      : readFileSync(join(folder, file), 'utf8').replaceAll('\r\n', '\n').trim();
  return { name, version, license, text };
}

function supplement(root) {
  return JSON.parse(readFileSync(join(root, 'scripts', 'licences', 'supplement.json'), 'utf8'));
}

function withCopyright(root, copyright, license) {
  const path = join(root, 'scripts', 'licences', `${license}.txt`);
  if (!existsSync(path)) throw new Error(`the text of ${license} is missing: ${path}`);
  return `${copyright.join('\n')}\n\n${readFileSync(path, 'utf8').trim()}`;
}

/** The generated half of the file. */
export function noticesOf(parts) {
  const rows = parts.map(({ name, version, license, within }) => {
    const where = within === undefined ? `package, version ${version}` : `compiled into ${within}`;
    return `| ${name} | ${where} | ${license} |`;
  });
  // Equal texts stand once, with the names of all that they hold for.
  const byText = new Map();
  for (const { name, text } of parts) byText.set(text, [...(byText.get(text) ?? []), name]);
  const texts = [...byText].map(
    ([text, names]) => `### ${names.join(', ')}\n\n\`\`\`text\n${text}\n\`\`\`\n`,
  );
  return `${MARK}\n\n## Bundled packages\n\n| name | form | licence |\n|---|---|---|\n${rows.join('\n')}\n\n${texts.join('\n')}`;
}

/** Brings the file up to date; leaves it alone where it is. @throws Error as {@link bundledParts}. */
export function writeNotices(root) {
  const path = join(root, FILE);
  const before = readFileSync(path, 'utf8');
  const [byHand] = before.split(MARK);
  const after = `${byHand.trimEnd()}\n\n${noticesOf(bundledParts(root))}`;
  if (after !== before) writeFileSync(path, after);
}
