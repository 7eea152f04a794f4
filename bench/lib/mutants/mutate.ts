// Small faults in a source file, made from its syntax tree: guards dropped or negated, bounds moved by one, errors that
// are not thrown. A test suite that lets one live does not hold what the line promises.
import ts from 'typescript';

/** What was changed. */
export type MutationKind =
  | 'negated condition'
  | 'dropped guard'
  | 'dropped throw'
  | 'moved bound'
  | 'swapped sign'
  | 'swapped logic'
  | 'swapped equality'
  | 'constant by one';

/** One fault. */
export interface Mutant {
  /** Its number in the file, from 1. */
  id: number;
  kind: MutationKind;
  /** From 1. */
  line: number;
  /** The line as it stands. */
  text: string;
  /** What stands there, and what takes its place; one line. */
  before: string;
  after: string;
}

/** All mutants of a file, and the file with all of them, each behind a switch. */
export interface Mutated {
  mutants: Mutant[];
  /** Behaves as the file does, except that the fault `n` is there where `isMutant(n)` is true. */
  switched: string;
}

const BOUNDS: ReadonlyMap<ts.SyntaxKind, string> = new Map([
  [ts.SyntaxKind.LessThanToken, '<='],
  [ts.SyntaxKind.LessThanEqualsToken, '<'],
  [ts.SyntaxKind.GreaterThanToken, '>='],
  [ts.SyntaxKind.GreaterThanEqualsToken, '>'],
]);
const SIGNS: ReadonlyMap<ts.SyntaxKind, string> = new Map([
  [ts.SyntaxKind.PlusToken, '-'],
  [ts.SyntaxKind.MinusToken, '+'],
]);
const LOGIC: ReadonlyMap<ts.SyntaxKind, string> = new Map([
  [ts.SyntaxKind.AmpersandAmpersandToken, '||'],
  [ts.SyntaxKind.BarBarToken, '&&'],
]);
const EQUALITY: ReadonlyMap<ts.SyntaxKind, string> = new Map([
  [ts.SyntaxKind.EqualsEqualsEqualsToken, '!=='],
  [ts.SyntaxKind.ExclamationEqualsEqualsToken, '==='],
]);
const BINARY: readonly [MutationKind, ReadonlyMap<ts.SyntaxKind, string>][] = [
  ['moved bound', BOUNDS],
  ['swapped sign', SIGNS],
  ['swapped logic', LOGIC],
  ['swapped equality', EQUALITY],
];

const isText = (node: ts.Node): boolean =>
  ts.isStringLiteralLike(node) || ts.isTemplateExpression(node) || ts.isNoSubstitutionTemplateLiteral(node);

/** A statement that leaves: what a guard does. */
function leaves(statement: ts.Statement): boolean {
  const [only] = ts.isBlock(statement) && statement.statements.length === 1 ? statement.statements : [];
  const last = only ?? statement;
  return (
    ts.isThrowStatement(last) ||
    ts.isReturnStatement(last) ||
    ts.isContinueStatement(last) ||
    ts.isBreakStatement(last)
  );
}

/**
 * What asks which mutant is planted: a runner in the process, else the environment (programs and threads that a test
 * starts). The first line, so that the lines keep their numbers; a function, so that circles of imports find it.
 */
const SWITCH = `function isMutant(n) { return (globalThis.isMutant ??= (() => {
  const { MUTANT: planted = '0', MUTANT_HITS: hits } = globalThis.process?.env ?? {};
  if (!hits) return (id) => id === Number(planted);
  const { appendFileSync } = process.getBuiltinModule('node:fs');
  const seen = new Set();
  return (id) => { if (!seen.has(id)) appendFileSync(hits, seen.add(id) && id + '\\n'); return false; };
})())(n); } `.replaceAll('\n', ' ');

const isEquality = (node: ts.Expression): boolean =>
  ts.isBinaryExpression(node) && EQUALITY.has(node.operatorToken.kind);

/** In a constant of milliseconds, by its name: no test sees one of them more. */
function isOfTime(node: ts.Node): boolean {
  if (ts.isVariableDeclaration(node)) return /_MS$/.test(node.name.getText());
  return (ts.isNumericLiteral(node) || ts.isBinaryExpression(node)) && isOfTime(node.parent);
}

/** A throw that is all that a guard does: dropped with its condition it is a dropped guard already. */
function isAlone({ parent }: ts.ThrowStatement): boolean {
  if (ts.isIfStatement(parent)) return true;
  return ts.isBlock(parent) && parent.statements.length === 1 && ts.isIfStatement(parent.parent);
}

/** All mutants of a file, in the order of its lines. */
export function mutantsOf(source: string, fileName: string): Mutated {
  const file = ts.createSourceFile(fileName, source, ts.ScriptTarget.ES2022, true);
  const lines = source.split('\n');
  const mutants: Mutant[] = [];
  const plant = (kind: MutationKind, node: ts.Node, after: string): number => {
    const line = file.getLineAndCharacterOfPosition(node.getStart()).line + 1;
    const oneLine = (text: string): string => text.replace(/\s+/g, ' ').slice(0, 120);
    const id = mutants.length + 1;
    const text = lines[line - 1]!.trim();
    mutants.push({ id, kind, line, text, before: oneLine(node.getText()), after: oneLine(after) });
    return id;
  };
  /** A node's text with its children's switches. */
  const inner = (node: ts.Node): string => {
    let text = '';
    let at = node.getStart();
    ts.forEachChild(node, (child) => {
      text += source.slice(at, child.getStart()) + written(child);
      at = child.end;
    });
    return text + source.slice(at, node.end);
  };
  const written = (node: ts.Node): string => {
    if (ts.isTypeNode(node) || ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node))
      return node.getText();
    if (ts.isImportDeclaration(node)) return node.getText();
    if (ts.isIfStatement(node) || ts.isConditionalExpression(node)) {
      const condition = ts.isIfStatement(node) ? node.expression : node.condition;
      const before = condition.getText();
      // A negated equality is the other one, which is planted below.
      const negated = isEquality(condition)
        ? undefined
        : plant('negated condition', condition, `!(${before})`);
      const dropped =
        ts.isIfStatement(node) && !node.elseStatement && leaves(node.thenStatement)
          ? plant('dropped guard', node, ';')
          : undefined;
      let text = `(${written(condition)})`;
      if (negated !== undefined) text = `(isMutant(${negated}) ? !(${before}) : ${text})`;
      if (dropped !== undefined) text = `(!isMutant(${dropped}) && ${text})`;
      const [start, end] = [condition.getStart(), condition.end];
      let whole = source.slice(node.getStart(), start) + text;
      let at = end;
      ts.forEachChild(node, (child) => {
        if (child === condition) return;
        whole += source.slice(at, child.getStart()) + written(child);
        at = child.end;
      });
      return whole + source.slice(at, node.end);
    }
    if (ts.isThrowStatement(node) && !isAlone(node)) {
      const id = plant('dropped throw', node, ';');
      return `if (!isMutant(${id})) ${inner(node)}`;
    }
    if (ts.isBinaryExpression(node)) {
      const { left, right, operatorToken } = node;
      for (const [kind, swaps] of BINARY) {
        const other = swaps.get(operatorToken.kind);
        if (other === undefined || (kind === 'swapped sign' && (isText(left) || isText(right)))) continue;
        const id = plant(kind, operatorToken, other);
        const fault = `(${left.getText()}) ${other} (${right.getText()})`;
        return `(isMutant(${id}) ? ${fault} : ${inner(node)})`;
      }
    }
    if (ts.isNumericLiteral(node) && !ts.isPropertyAssignment(node.parent) && !isOfTime(node)) {
      const value = Number(node.getText().replaceAll('_', ''));
      const after = String(value + 1);
      if (Number(after) === value) return node.getText(); // too large to be moved by one
      return `(isMutant(${plant('constant by one', node, after)}) ? ${after} : ${node.getText()})`;
    }
    return inner(node);
  };
  const body = source.slice(0, file.getStart()) + inner(file);
  return { mutants, switched: SWITCH + body };
}
