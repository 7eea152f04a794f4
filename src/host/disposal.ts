// Gives browsers that do not know `using` yet the two symbols it goes by, before any class of ours is made with them.
// Imported first of all by index.ts.
for (const name of ['dispose', 'asyncDispose']) {
  if (name in Symbol) continue;
  Object.defineProperty(Symbol, name, { value: Symbol.for(`Symbol.${name}`) });
}
