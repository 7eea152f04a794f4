// If this fails, a program cannot name a type that the package's own functions and classes take or give.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

const test = suite('public types');
const root = fileURLToPath(new URL('../..', import.meta.url));
const source = join(root, 'src');

const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile);
const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
const program = ts.createProgram([join(source, 'index.ts')], { ...options, noEmit: true });
const checker = program.getTypeChecker();

/** The symbol that an import or a re-export stands for. */
function original(symbol: ts.Symbol): ts.Symbol {
  return symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
}

const index = checker.getSymbolAtLocation(program.getSourceFile(join(source, 'index.ts'))!)!;
const exported = new Map(checker.getExportsOfModule(index).map((symbol) => [original(symbol), symbol.name]));

/** Classes that index.ts exports as types: a program names their instances, and makes none. */
const typesOnly = new Set(
  checker
    .getExportsOfModule(index)
    .filter(({ declarations = [] }) =>
      declarations.some(
        (one) => ts.isExportSpecifier(one) && (one.isTypeOnly || one.parent.parent.isTypeOnly),
      ),
    )
    .map(original),
);

function isHidden(node: ts.Node): boolean {
  const flags = ts.canHaveModifiers(node) ? ts.getCombinedModifierFlags(node as ts.Declaration) : 0;
  return (flags & (ts.ModifierFlags.Private | ts.ModifierFlags.Protected)) !== 0;
}

/**
 * Whether a name is that of a type of ours, rather than a parameter of a type, the language's or a package's.
 */
function isOurs(symbol: ts.Symbol): boolean {
  return (symbol.declarations ?? []).some(
    (declaration) =>
      !ts.isTypeParameterDeclaration(declaration) &&
      declaration.getSourceFile().fileName.startsWith(source) &&
      !ts.isPropertySignature(declaration) &&
      !ts.isPropertyDeclaration(declaration),
  );
}

/** What a program sees of a declaration: no bodies, no initial values, nothing private. */
function visible(node: ts.Node, isTypeOnly = false): ts.Node[] {
  const seen: ts.Node[] = [];
  if (ts.isClassDeclaration(node) || ts.isInterfaceDeclaration(node)) {
    seen.push(...(node.heritageClauses ?? []).flatMap(({ types }) => [...types]));
    seen.push(...(node.typeParameters ?? []));
    const members = node.members.filter(
      (member) => !isHidden(member) && !(isTypeOnly && ts.isConstructorDeclaration(member)),
    );
    seen.push(...members.flatMap((member) => visible(member)));
  } else if (ts.isFunctionLike(node)) {
    seen.push(...(node.typeParameters ?? []), ...node.parameters.flatMap((parameter) => visible(parameter)));
    if (node.type) seen.push(node.type);
  } else if (ts.isParameter(node) || ts.isPropertyDeclaration(node) || ts.isVariableDeclaration(node)) {
    if (node.type) seen.push(node.type);
  } else {
    seen.push(node);
  }
  return seen;
}

/** What an alias stands for that its file keeps to itself: short for a type that programs can write out. */
function privateAlias(symbol: ts.Symbol): ts.TypeNode | undefined {
  const alias = symbol.declarations?.find(ts.isTypeAliasDeclaration);
  const isPrivate = alias && !(ts.getCombinedModifierFlags(alias) & ts.ModifierFlags.Export);
  return isPrivate ? alias.type : undefined;
}

/** Types of ours that a declaration names where a program sees it. */
function typesNamedIn(declaration: ts.Node, isTypeOnly: boolean): ts.Symbol[] {
  const found: ts.Symbol[] = [];
  const look = (node: ts.Node): void => {
    const name = ts.isTypeReferenceNode(node)
      ? node.typeName
      : ts.isExpressionWithTypeArguments(node)
        ? node.expression
        : undefined;
    const symbol = name && checker.getSymbolAtLocation(name);
    if (symbol && isOurs(original(symbol))) {
      const inner = privateAlias(original(symbol));
      if (inner) look(inner);
      else found.push(original(symbol));
    }
    ts.forEachChild(node, look);
  };
  for (const node of visible(declaration, isTypeOnly)) look(node);
  return found;
}

test('exports every type that its public declarations name', () => {
  const missing: string[] = [];
  for (const [symbol, name] of exported)
    for (const declaration of symbol.declarations ?? [])
      for (const type of typesNamedIn(declaration, typesOnly.has(symbol)))
        if (!exported.has(type)) missing.push(`${type.name}, which ${name} names`);
  assert.ok(exported.size > 90, `${exported.size} names were looked at`);
  assert.equal([...new Set(missing)].sort(), []);
});

test('finds what it looks for', () => {
  const pipeline = [...exported].find(([, name]) => name === 'VoirsPipeline')![0];
  const named = new Set(
    pipeline.declarations!.flatMap((one) => typesNamedIn(one, false)).map(({ name }) => name),
  );
  for (const name of ['AudioBuffer', 'SynthesisOptions', 'Utterance', 'MemoryReport', 'VoiceInfo'])
    assert.ok(named.has(name), name);
});

test('leaves no public member to be inferred from what is not exported', () => {
  const inferred: string[] = [];
  for (const [symbol, name] of exported)
    for (const declaration of symbol.declarations ?? []) {
      if (!ts.isClassDeclaration(declaration)) continue;
      for (const member of declaration.members) {
        if (isHidden(member) || !ts.isPropertyDeclaration(member) || member.type) continue;
        const type = checker.getTypeAtLocation(member);
        const owner = type.aliasSymbol ?? type.symbol;
        if (owner && isOurs(owner) && !exported.has(owner))
          inferred.push(`${name}: ${member.name.getText()}`);
      }
    }
  assert.equal(inferred, []);
});

test.run();
