// Loads tfjs-node's own files with what they require replaced: they would bring a second TensorFlow.js of 300 MB, a
// download helper, and calls that Node 23 removed. A hook on Node's loader would reach the host's modules too.
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { compileFunction } from 'node:vm';

const nodeRequire = createRequire(import.meta.url);
type Require = (name: string) => unknown;

/** A loader of CommonJS files with a cache of its own. */
export class CommonJsLoader {
  private readonly loaded = new Map<string, { exports: unknown }>();

  /**
   * @param replacements what `require` gives for a package's name, or for a relative path without its leading dots;
   * all else that is not relative must be Node's own.
   */
  constructor(private readonly replacements: ReadonlyMap<string, unknown>) {}

  /** What the file at an absolute path exports. */
  load(path: string): unknown {
    const before = this.loaded.get(path);
    if (before) return before.exports;
    const module = { exports: {} as unknown };
    this.loaded.set(path, module);
    const run = compileFunction(
      readFileSync(path, 'utf8'),
      ['exports', 'require', 'module', '__filename', '__dirname'],
      { filename: path },
    ) as (exports: unknown, require: Require, module: object, file: string, folder: string) => void;
    run(module.exports, (name) => this.require(name, dirname(path)), module, path, dirname(path));
    return module.exports;
  }

  private require(name: string, folder: string): unknown {
    const key = name.replace(/^(\.{1,2}\/)+/, '');
    if (this.replacements.has(key)) return this.replacements.get(key);
    if (!name.startsWith('.')) return nodeRequire(`node:${name}`);
    const path = join(folder, name);
    return this.load(existsSync(`${path}.js`) ? `${path}.js` : join(path, 'index.js'));
  }
}
