// From which version on a browser has something, by MDN's browser-compat-data.
import { createRequire } from 'node:module';

interface Statement {
  version_added: string | boolean | null;
  flags?: unknown;
  partial_implementation?: boolean;
  version_removed?: unknown;
}
interface Entry {
  __compat?: { support: Readonly<Record<string, Statement | readonly Statement[]>> };
  [below: string]: unknown;
}

const PACKAGE = '@mdn/browser-compat-data';
// Types of the package would take the compiler longer than all else here.
const DATA = createRequire(import.meta.url)(PACKAGE) as Entry & { __meta: { version: string } };
export const DATA_VERSION = `${PACKAGE} ${DATA.__meta.version}`;

function below(path: readonly string[]): Entry | undefined {
  return path.reduce<Entry | undefined>((entry, part) => entry?.[part] as Entry | undefined, DATA);
}

/** An entry of the data by its path with dots: `api.Cache.match`. */
export const entryAt = (path: string): Entry | undefined => below(path.split('.'));

/** Interfaces that TypeScript puts members into, and those that have them for the data. */
const MIXINS: Readonly<Record<string, readonly string[]>> = {
  Body: ['Response'],
  MessageEventTarget: ['Worker', 'MessagePort'],
  AbstractWorker: ['Worker'],
  NavigatorConcurrentHardware: ['Navigator'],
  NavigatorLocks: ['Navigator'],
  DocumentOrShadowRoot: ['Document'],
  ParentNode: ['Element'],
  ChildNode: ['Element'],
  ElementCSSInlineStyle: ['HTMLElement'],
  ARIAMixin: ['Element'],
  Console: ['console'],
};

/** The entry of what TypeScript calls `Cache.match` or `fetch`; undefined where the data has none by such a name. */
export function entryOf(name: string): Entry | undefined {
  const [first = '', member] = name.split('.');
  const owner = first.replace(/Constructor$/, '').replace(/^Readonly(?=Array|Map|Set)/, '');
  const roots = [['api'], ['javascript', 'builtins'], ['webassembly', 'api']];
  if (member === undefined) {
    const globals = roots.map((root) => below([...root, owner]));
    const places = [...globals, below(['api', 'Window', owner]), below(['api', 'EventTarget', owner])];
    return places.find((entry) => entry?.__compat);
  }
  const event = member.replace(/^on(\w+)$/, '$1_event');
  const forms = [member, `${member}_static`, event];
  const owners = [owner, ...(MIXINS[owner] ?? []), 'EventTarget', 'Node'];
  if (/^(?:Big)?(?:Int|Uint|Float)\d+Array$/.test(owner)) owners.push('TypedArray');
  const places = owners.flatMap((one) =>
    roots.flatMap((root) => forms.map((form) => below([...root, one, form]))),
  );
  const wasm = owner === 'WebAssembly' ? forms.map((form) => below(['webassembly', 'api', form])) : [];
  return [...wasm, ...places].find((entry) => entry?.__compat);
}

/**
 * The version from which on a browser has it without a setting. 0: from its first on; Infinity: not yet.
 * @throws Error where the data does not know the browser.
 */
export function since(entry: Entry, browser: string): number {
  const given = entry.__compat!.support[browser];
  if (given === undefined) throw new Error(`no browser ${browser} in the data`);
  const statements = Array.isArray(given) ? (given as readonly Statement[]) : [given as Statement];
  const plain = statements.filter(({ flags, version_removed }) => !flags && !version_removed);
  const versions = plain.map(({ version_added: version }) => {
    if (version === true) return 0;
    if (typeof version !== 'string' || version === 'preview') return Number.POSITIVE_INFINITY;
    return Number(version.replace(/^≤/, ''));
  });
  return Math.min(Number.POSITIVE_INFINITY, ...versions);
}
