// Defines the two symbols of `using` in browsers that do not have them yet, before any class of ours uses
// them: index.ts imports this file first.
for (const name of ['dispose', 'asyncDispose']) {
  if (name in Symbol) continue;
  Object.defineProperty(Symbol, name, { value: Symbol.for(`Symbol.${name}`) });
}
