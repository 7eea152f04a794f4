// exp of a vector, as statements for a loop: the constants are declared once before the loop (V8 would build
// each again at every use, in three instructions), and every sum of a product consists of plain names, so
// that the relaxed build makes one instruction of it (softmax: 1.8 times as fast on Node 22, 1.36 with plain
// SIMD).

const CONSTANTS = {
  expLow: '-87',
  expPerLog2: '1.44269504088896341',
  expRound: '12582912',
  expLn2High: '0.693359375',
  expLn2Low: '2.12194440e-4',
  expC0: '1.9875691500e-4',
  expC1: '1.3981999507e-3',
  expC2: '8.3334519073e-3',
  expC3: '4.1665795894e-2',
  expC4: '1.6666665459e-1',
  expC5: '5.0000001201e-1',
  expOne: '1',
};

/** Declarations of the constants. */
export const EXP_CONSTANTS = [
  ...Object.entries(CONSTANTS).map(([name, value]) => `  const ${name} = f32x4.splat(${value});`),
  '  const expBias = i32x4.splat(127);',
].join('\n');

/**
 * Statements that leave exp of the variable `v` (<= 0) in a new one, `e`, to 2 units in the last place
 * (Cephes' expf: range reduction by ln 2, polynomial of degree 5). Adding 1.5 x 2^23 rounds to an integer and
 * leaves it in the low bits.
 */
export function expStatements(v: string, e: string): string {
  const names = ['X', 'T', 'N', 'R', 'P', 'S', 'Q'].map((part) => `${e}${part}`);
  const [x, t, n, r, p, s, q] = names as [string, string, string, string, string, string, string];
  const polynomial = [1, 2, 3, 4, 5].map((i) => `  ${p} = f32x4.add(expC${i}, f32x4.mul(${p}, ${r}));`);
  return [
    `  const ${x} = f32x4.pmax(${v}, expLow), ${t} = f32x4.add(expRound, f32x4.mul(${x}, expPerLog2));`,
    `  const ${n} = f32x4.sub(${t}, expRound);`,
    `  let ${r} = f32x4.sub(${x}, f32x4.mul(${n}, expLn2High)), ${p} = expC0;`,
    `  ${r} = f32x4.add(${r}, f32x4.mul(${n}, expLn2Low));`,
    ...polynomial,
    `  const ${s} = f32x4.mul(${r}, ${r}), ${q} = f32x4.add(${r}, expOne);`,
    `  const ${e} = f32x4.mul(f32x4.add(${q}, f32x4.mul(${p}, ${s})), i32x4.shl(i32x4.add(${t}, expBias), 23));`,
  ].join('\n');
}
