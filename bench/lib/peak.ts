// What the machine can do at most: multiply-adds of four floats at a time in WebAssembly, with nothing else to do.
import asc from 'assemblyscript/asc';
import { compileRelaxed, takesRelaxedSimd } from '../../src/host/relaxed-simd.js';

/** Sums that do not depend on each other: more than two units of four cycles' latency need. */
const SUMS = 12;
const ROUNDS = 4_000_000;

/** AssemblyScript of ROUNDS times SUMS multiply-adds; relaxed SIMD has one instruction for each, plain SIMD two. */
function source(isRelaxed: boolean): string {
  const each = (code: (n: number) => string): string =>
    Array.from({ length: SUMS }, (_, n) => code(n)).join(' ');
  const step = (n: number) =>
    isRelaxed ? `f32x4.relaxed_madd(x, y, a${n})` : `f32x4.add(a${n}, f32x4.mul(x, y))`;
  return `
export function run(rounds: i32, scale: f32): f32 {
  const x = f32x4.splat(scale), y = f32x4.splat(0.5);
  ${each((n) => `let a${n} = f32x4.splat(${n});`)}
  do { ${each((n) => `a${n} = ${step(n)};`)} } while (--rounds);
  return f32x4.extract_lane(${Array.from({ length: SUMS }, (_, n) => `a${n}`).reduce((sum, a) => `f32x4.add(${sum}, ${a})`)}, 0);
}
`;
}

async function compiled(isRelaxed: boolean): Promise<Uint8Array<ArrayBuffer>> {
  let bytes: Uint8Array | undefined;
  const text = source(isRelaxed);
  const features = ['--enable', 'simd', ...(isRelaxed ? ['--enable', 'relaxed-simd'] : [])];
  const { error, stderr } = await asc.main(
    ['peak.ts', '-o', 'peak.wasm', '-O0', '--noAssert', '--runtime', 'stub', ...features],
    {
      readFile: (file) => (file === 'peak.ts' ? text : null),
      writeFile: (_, contents) => {
        if (typeof contents !== 'string') bytes = contents;
      },
      listFiles: () => [],
    },
  );
  if (error || !bytes) throw new Error(`the loop does not compile: ${error?.message}\n${stderr.toString()}`);
  return new Uint8Array(bytes);
}

/** A loop of multiply-adds alone. */
export interface PeakLoop {
  /** Operations of one run: two for each float of a multiply-add. */
  readonly gflop: number;
  run(): void;
}

export async function peakLoop(): Promise<PeakLoop> {
  const isRelaxed = takesRelaxedSimd();
  const bytes = await compiled(isRelaxed);
  const module = isRelaxed ? await compileRelaxed(bytes) : await WebAssembly.compile(bytes);
  const { exports } = await WebAssembly.instantiate(module, { env: { abort: () => {} } });
  const loop = exports.run as (rounds: number, scale: number) => number;
  return { gflop: (ROUNDS * SUMS * 4 * 2) / 1e9, run: () => void loop(ROUNDS, 1e-9) };
}
