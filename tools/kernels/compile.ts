// Generates the kernels and compiles them to WebAssembly: for an ordinary and for a shared memory, with plain
// SIMD and with relaxed SIMD, whose multiply-adds are one instruction. They import TensorFlow.js's memory and
// have none of their own.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import asc from 'assemblyscript/asc';
import { attentionKernelSource } from './attention-kernel.js';
import { DIRECT_STRIDES, directKernelSource, directSharedSource } from './direct-kernel.js';
import { dotKernelSource } from './dot-kernel.js';
import { fftConvolution, negatedBins } from './fft-convolution.js';
import { normKernelSource } from './norm-kernel.js';
import { forwardSource, gemmSource, sharedSource, tiledKernelSource } from './tiled-kernel.js';
import { toomCookConvolution } from './toom-cook-convolution.js';
import type { ConvTransform } from './transform.js';
import { halfKernelSource, packKernelSource, weightKernelSource } from './weight-kernel.js';
import { wideForwardSource, wideInverseSource, wideKernelSource } from './wide-kernel.js';

/** Square convolutions with a kernel made for their channels. */
const TILED: readonly [ConvTransform, readonly number[]][] = [
  [toomCookConvolution(3), [8, 16, 32, 64]],
  [toomCookConvolution(5), [16, 32, 64]],
  [fftConvolution(7), [8, 16, 32, 64, 128, 256]],
  [fftConvolution(11), [8, 16, 32, 64, 128, 256]],
];
/** Convolutions between any numbers of channels, by few planes only, because their weights are large. */
const WIDE = [toomCookConvolution(3), toomCookConvolution(5)];
const WIDE_STRIDES = [128, 256] as const;

/**
 * No optimisation: Binaryen folds the accumulators of an inner product into nested expressions, which V8 then
 * spills (45 instead of 62 GFLOP/s). V8 optimises the straight-line code by itself.
 */
const FLAGS = ['-O0', '--noAssert', '--runtime', 'stub', '--enable', 'simd', '--importMemory'];
const MEMORY = {
  'voirs-kernels': [],
  'voirs-kernels-shared': ['--enable', 'threads', '--sharedMemory', '--maximumMemory', '65536'],
};
const ARITHMETIC = {
  '': { flags: [], form: (source: string) => source },
  '-relaxed': { flags: ['--enable', 'relaxed-simd'], form: fused },
};

/** The same source with every sum of a value and a product as one instruction. */
function fused(source: string): string {
  const product = /f32x4\.mul\((\w+), (\w+)\)/.source;
  return source
    .replace(new RegExp(`f32x4\\.add\\((\\w+), ${product}\\)`, 'g'), 'f32x4.relaxed_madd($2, $3, $1)')
    .replace(new RegExp(`f32x4\\.sub\\((\\w+), ${product}\\)`, 'g'), 'f32x4.relaxed_nmadd($2, $3, $1)');
}

/** The whole module as AssemblyScript. */
export function kernelSource(): string {
  const parts = [
    sharedSource(),
    directSharedSource(),
    packKernelSource(),
    weightKernelSource(),
    halfKernelSource(),
    ...DIRECT_STRIDES.map(directKernelSource),
    attentionKernelSource(),
    dotKernelSource(),
    normKernelSource(),
    wideForwardSource(WIDE[0]!.forward),
  ];
  for (const transform of WIDE) {
    parts.push(wideInverseSource(transform), ...WIDE_STRIDES.map((s) => wideKernelSource(transform, s)));
  }
  // Convolutions of several lengths share the map of their input.
  const forwards = new Map<string, string>();
  for (const [{ forward }, widths] of TILED) {
    for (const channels of widths) {
      const source = () => gemmSource(forward, channels) + forwardSource(forward, channels);
      const key = `${forward.name} ${channels}`;
      if (!forwards.has(key)) forwards.set(key, source());
    }
  }
  parts.push(...forwards.values());
  for (const [transform, widths] of TILED) {
    for (const channels of widths) parts.push(tiledKernelSource(transform, channels));
  }
  const mask = [...negatedBins].reduce((bits, bin) => bits | (1 << bin), 0);
  parts.push(
    `// Bins whose imaginary plane is stored negated, a bit each.\nexport const fftNegatedBins: i32 = ${mask};\n`,
  );
  return parts.join('');
}

/** Writes all modules into a folder. */
export async function compileKernels(folder: string): Promise<void> {
  const plain = kernelSource();
  for (const [arithmetic, { flags, form }] of Object.entries(ARITHMETIC)) {
    const source = form(plain);
    for (const [memory, memoryFlags] of Object.entries(MEMORY)) {
      const options = ['kernels.ts', '-o', `${memory}${arithmetic}.wasm`, ...FLAGS, ...flags, ...memoryFlags];
      const { error, stderr } = await asc.main(options, {
        readFile: (file) => (file === 'kernels.ts' ? source : null),
        writeFile: (file, contents) => writeFileSync(join(folder, file), contents),
        listFiles: () => [],
      });
      if (error) throw new Error(`the kernels do not compile: ${error.message}\n${stderr.toString()}`);
    }
  }
}
