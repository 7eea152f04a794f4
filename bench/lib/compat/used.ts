// Which interfaces of browsers the code for pages uses: what the compiler resolves to its declarations of the DOM and
// of the language, in the files that a bundle takes.
import { basename, join } from 'node:path';
import { build } from 'esbuild';
import ts from 'typescript';
import { repositoryRoot } from '../cache.js';

/** Parts of the code by their entry; a file belongs to the first part that takes it. */
const ENTRIES = {
  speech: 'src/index.ts',
  player: 'src/player/player.ts',
  '<voirs-speech>': 'src/player/speech-element.ts',
} as const;

/** Files of `src/index.ts` that only a part of the pages needs. */
const APART = [
  ['webgpu', /^src\/backends\/webgpu\//],
  ['worker', /^src\/worker\//],
  ['threads', /^src\/backends\/wasm\/threads\//],
] as const;

export type PartOfPage = keyof typeof ENTRIES | (typeof APART)[number][0];

async function sources(): Promise<Map<string, PartOfPage>> {
  const parts = new Map<string, PartOfPage>();
  for (const [part, entry] of Object.entries(ENTRIES) as [PartOfPage, string][]) {
    const { metafile } = await build({
      ...{ entryPoints: [join(repositoryRoot, entry)], outdir: '/out', absWorkingDir: repositoryRoot },
      ...{ bundle: true, splitting: true, format: 'esm', platform: 'browser', target: 'es2022' },
      ...{ metafile: true, write: false, logLevel: 'error' },
    });
    for (const path of Object.keys(metafile.inputs)) {
      if (!/^src\/.*\.ts$/.test(path) || parts.has(path)) continue;
      parts.set(path, APART.find(([, pattern]) => pattern.test(path))?.[0] ?? part);
    }
  }
  return parts;
}

/** The name of what a declaration of TypeScript's libraries declares: `Cache.match`, `fetch`. */
function nameOf({ parent }: ts.Declaration, name: string): string {
  if (ts.isInterfaceDeclaration(parent)) return `${parent.name.text}.${name}`;
  if (ts.isModuleBlock(parent)) return `${parent.parent.name.getText()}.${name}`;
  const variable = ts.isTypeLiteralNode(parent) ? parent.parent : undefined;
  return variable && ts.isVariableDeclaration(variable) ? `${variable.name.getText()}.${name}` : name;
}

/** The names by part; types alone do not count. */
export async function usedInterfaces(): Promise<Map<PartOfPage, Map<string, string>>> {
  const parts = await sources();
  const { config } = ts.readConfigFile(join(repositoryRoot, 'tsconfig.json'), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, repositoryRoot);
  const files = [...parts.keys()].map((path) => join(repositoryRoot, path));
  const program = ts.createProgram(files, {
    ...options,
    rootDir: undefined,
    noEmit: true,
    skipLibCheck: true,
  });
  const checker = program.getTypeChecker();
  const used = new Map<PartOfPage, Map<string, string>>();
  for (const [path, part] of parts) {
    const names = used.get(part) ?? new Map<string, string>();
    used.set(part, names);
    const visit = (node: ts.Node): void => {
      if (ts.isTypeNode(node) || ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)) return;
      const symbol = ts.isIdentifier(node) ? checker.getSymbolAtLocation(node) : undefined;
      const declaration = symbol?.declarations?.find((one) =>
        /^lib\./.test(basename(one.getSourceFile().fileName)),
      );
      if (symbol && declaration) {
        const name = nameOf(declaration, symbol.name);
        if (!names.has(name)) names.set(name, path);
      }
      ts.forEachChild(node, visit);
    };
    visit(program.getSourceFile(join(repositoryRoot, path))!);
  }
  return used;
}
