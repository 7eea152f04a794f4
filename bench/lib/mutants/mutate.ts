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
  kind: MutationKind;
  /** From 1. */
  line: number;
  /** The line as it stands. */
  text: string;
  /** What stands there, and what takes its place; one line. */
  before: string;
  after: string;
  /** The whole file with the fault. */
  source: string;
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

/** All mutants of a file, in the order of its lines. */
export function mutantsOf(source: string, fileName: string): Mutant[] {
  const file = ts.createSourceFile(fileName, source, ts.ScriptTarget.ES2022, true);
  const lines = source.split('\n');
  const mutants: Mutant[] = [];
  const replace = (kind: MutationKind, node: { getStart(): number; end: number }, after: string): void => {
    const [start, { end }] = [node.getStart(), node];
    const line = file.getLineAndCharacterOfPosition(start).line + 1;
    const oneLine = (text: string): string => text.replace(/\s+/g, ' ').slice(0, 120);
    mutants.push({
      kind,
      line,
      text: lines[line - 1]!.trim(),
      before: oneLine(source.slice(start, end)),
      after: oneLine(after),
      source: source.slice(0, start) + after + source.slice(end),
    });
  };

  const visit = (node: ts.Node): void => {
    if (ts.isTypeNode(node) || ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)) return;
    if (ts.isImportDeclaration(node)) return;
    if (ts.isIfStatement(node)) {
      replace('negated condition', node.expression, `!(${node.expression.getText()})`);
      if (!node.elseStatement && leaves(node.thenStatement)) replace('dropped guard', node, ';');
    }
    if (ts.isConditionalExpression(node))
      replace('negated condition', node.condition, `!(${node.condition.getText()})`);
    // Alone in its block: dropped with its condition it is a dropped guard already.
    if (ts.isThrowStatement(node) && !ts.isIfStatement(node.parent)) replace('dropped throw', node, ';');
    if (ts.isBinaryExpression(node)) {
      const { left, right, operatorToken } = node;
      for (const [kind, swaps] of BINARY) {
        const other = swaps.get(operatorToken.kind);
        if (other === undefined || (kind === 'swapped sign' && (isText(left) || isText(right)))) continue;
        replace(kind, operatorToken, other);
      }
    }
    if (ts.isNumericLiteral(node) && !ts.isPropertyAssignment(node.parent)) {
      replace('constant by one', node, String(Number(node.getText().replaceAll('_', '')) + 1));
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return mutants;
}
