// Builds the parts of the package: vendor/ (the part of TensorFlow.js that is used, bundled once) and dist/
// (the compiled sources, and a bundle of both for pages), and dist/ of each package in packages/.
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { keepPackages, writeNotices } from './notices.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const require = createRequire(import.meta.url);
const at = (...parts) => join(root, ...parts);

/** A digest of every file below the given paths: names and contents. */
function digest(...paths) {
  const hash = createHash('sha256');
  const walk = (path) => {
    if (!existsSync(path)) return;
    if (statSync(path).isDirectory()) {
      for (const name of readdirSync(path).sort()) walk(join(path, name));
    } else {
      hash.update(path.slice(root.length)).update('\0').update(readFileSync(path));
    }
  };
  for (const path of paths) walk(path);
  return hash.digest('hex');
}

/** Runs `work` only when its inputs differ from those of the last successful run. */
async function cached(stamp, inputs, work) {
  const now = digest(...inputs);
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === now) return;
  await work();
  writeFileSync(stamp, now);
}

/**
 * The kernels that the functions of scripts/vendor/tf.ts run, by the names of their files, and those that TensorFlow.js
 * runs beside them. Each backend of it has over a hundred others.
 */
const KERNELS = [
  ...[
    'Add',
    'BatchMatMul',
    'Cast',
    'Concat',
    'Conv2D',
    'Conv2DBackpropInput',
    'Cos',
    'DepthwiseConv2dNative',
  ],
  ...['Elu', 'Erf', 'Exp', 'Fill'],
  ...[
    'FusedConv2D',
    'GatherV2',
    'Identity',
    'LeakyRelu',
    'Log',
    'Max',
    'Maximum',
    'Mean',
    'Minimum',
    'Multiply',
  ],
  ...['PadV2', 'Prelu', 'RealDiv', 'Relu', 'Relu6', 'Reshape', 'Rsqrt', 'Sigmoid', 'Sin', 'Slice', 'Softmax'],
  ...['Sqrt', 'Square', 'Sub'],
  ...['Sum', 'Tanh', 'Transpose', '_FusedMatMul'],
];

/** What registers the kernels of a backend of TensorFlow.js, in place of the file of its own that registers all. */
function registerUsedKernels() {
  const configOf = (name) =>
    `${name.replace(/^[A-Z]/, (first) => first.toLowerCase()).replace('_F', '_f')}Config`;
  const lines = KERNELS.map((name) => `import { ${configOf(name)} } from './kernels/${name}.js';`);
  const configs = KERNELS.map(configOf).join(', ');
  return `import { registerKernel } from '@tensorflow/tfjs-core';
${lines.join('\n')}
for (const config of [${configs}]) registerKernel(config);`;
}

async function buildVendor() {
  const { build } = await import('esbuild');
  rmSync(at('vendor'), { recursive: true, force: true });
  mkdirSync(at('vendor', 'wasm'), { recursive: true });
  const { metafile } = await build({
    metafile: true,
    absWorkingDir: root,
    entryPoints: ['tf', 'tf-wasm', 'tf-cpu', 'tf-node', 'tf-webgpu'].map((name) =>
      at('scripts', 'vendor', `${name}.ts`),
    ),
    outdir: at('vendor'),
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    mainFields: ['module', 'main'],
    target: 'es2022',
    legalComments: 'none',
    // The Emscripten modules are loaded by src/backends/wasm itself (threads in Node need them as files).
    plugins: [
      {
        name: 'no-node-only-parts',
        setup(build) {
          build.onLoad({ filter: /wasm-out.*\.js$/ }, () => ({
            contents: 'export default undefined; export const wasmWorkerContents = "";',
          }));
          // The Node platform requires modules for what every supported runtime has as globals.
          build.onLoad({ filter: /platforms[\\/]platform_node\.js$/ }, ({ path }) => {
            const util =
              '{ TextEncoder, TextDecoder, types: { isFloat32Array: (a) => a instanceof Float32Array, ' +
              'isInt32Array: (a) => a instanceof Int32Array, isUint8Array: (a) => a instanceof Uint8Array, ' +
              'isUint8ClampedArray: (a) => a instanceof Uint8ClampedArray } }';
            const source = readFileSync(path, 'utf8').replace("require('util')", util);
            return { contents: source.replace("require('node-fetch')", 'globalThis.fetch') };
          });
          build.onLoad({ filter: /dist[\\/]register_all_kernels\.js$/ }, () => ({
            contents: registerUsedKernels(),
          }));
          // The WebGPU backend expects its constants and classes as globals, which Node does not have.
          build.onLoad({ filter: /tfjs-backend-webgpu[\\/]dist[\\/].*\.js$/ }, ({ path }) => ({
            contents: withoutGpuGlobals(readFileSync(path, 'utf8')),
          }));
        },
      },
    ],
  });
  const wasmOut = join(require.resolve('@tensorflow/tfjs-backend-wasm/package.json'), '..', 'wasm-out');
  for (const name of ['tfjs-backend-wasm-simd.wasm', 'tfjs-backend-wasm-threaded-simd.wasm']) {
    cpSync(join(wasmOut, name), at('vendor', 'wasm', name));
  }
  const glue = { 'tfjs-backend-wasm.js': 'single.cjs', 'tfjs-backend-wasm-threaded-simd.js': 'threaded.cjs' };
  for (const [from, to] of Object.entries(glue)) {
    const source = patchGlue(readFileSync(join(wasmOut, from), 'utf8'), to);
    writeFileSync(at('vendor', 'wasm', to), source);
    const name = `wasm-glue-${to.replace('.cjs', '')}`;
    writeFileSync(at('vendor', `${name}.js`), browserGlue(source, to));
    cpSync(at('scripts', 'vendor', 'wasm-glue.types.d.ts'), at('vendor', `${name}.d.ts`));
  }
  const { wasmWorkerContents } = require(join(wasmOut, 'tfjs-backend-wasm-threaded-simd.worker.js'));
  writeFileSync(at('vendor', 'wasm', 'threaded.worker.cjs'), wasmWorkerContents.replace(/\n/g, '\\n'));
  const license = readFileSync(at('scripts', 'vendor', 'LICENSE-tensorflow.txt'));
  writeFileSync(at('vendor', 'LICENSE-tensorflow.txt'), license);
  keepPackages(at('vendor'), [metafile]);
  await buildVendorTypes();
}

/** A file of TensorFlow.js's WebGPU backend with its globals imported from scripts/vendor/gpu-globals.ts. */
function withoutGpuGlobals(source) {
  const names = ['GPUBuffer', 'GPUBufferUsage', 'GPUMapMode', 'GPUTexture', 'GPUTextureUsage'];
  const used = names.filter((name) => new RegExp(`\\b${name}\\b`).test(source));
  const wanted = source.replace(/!webgpu_util\.isWebGPUSupported\(\)/, 'false'); // it reads a global navigator.gpu
  if (used.length === 0) return wanted;
  return `import { ${used} } from ${JSON.stringify(at('scripts', 'vendor', 'gpu-globals.ts'))};\n${wanted}`;
}

/**
 * Emscripten's glue takes over its host process, which a library must not. The patches remove process-wide
 * exception handlers and workers that keep the process alive, start as many pool workers as threads (not
 * always 8), let the caller set the thread count (upstream halves the number of cores, which leaves one
 * thread on a 2-core machine), and give the heap a limit and a callback when it cannot grow
 * (src/backends/wasm/heap.ts). The build fails when upstream changes the patched code.
 */
function patchGlue(source, name) {
  const patches = [
    [/process\["on"\]\(/g, '(()=>{})(', 2],
    [/return 4294901760/g, 'return Module["maxHeapBytes"]||4294901760', 1],
    [
      /function _emscripten_resize_heap\(requestedSize\)\{/g,
      'function _emscripten_resize_heap(bytes){const grown=growHeap(bytes);' +
        'if(!grown&&Module["onHeapRefused"])Module["onHeapRefused"]();return grown}function growHeap(requestedSize){',
      1,
    ],
  ];
  if (name === 'threaded.cjs') {
    patches.push([/var pthreadPoolSize=8;/g, 'var pthreadPoolSize=Module["poolSize"];', 1]);
    patches.push([/if\(ENVIRONMENT_IS_NODE\)\{worker\.ref\(\)\}/g, '', 1]);
    // Upstream waits for the last worker of its pool, and never ends where there is none.
    patches.push([
      /var numWorkersToLoad=PThread\.unusedWorkers\.length;/g,
      '$&if(numWorkersToLoad===0)removeRunDependency("wasm-instantiate");',
      1,
    ]);
    // Workers would inherit the host's flags, and some of them (--input-type) refuse a worker's file.
    patches.push([
      /worker=new Worker\(pthreadMainJs\)/g,
      'worker=new(Module["Worker"]||Worker)(pthreadMainJs,{execArgv:[]})',
      1,
    ]);
    // Upstream makes Node's Worker a global; libraries that look for the Worker of pages then take it for that.
    patches.push([
      /global\.Worker=nodeWorkerThreads\.Worker/g,
      'Module["Worker"]=nodeWorkerThreads.Worker',
      1,
    ]);
    patches.push([/return require\("os"\)\.cpus\(\)\.length;/g, 'return Module["cores"];', 1]);
  }
  let patched = source;
  for (const [pattern, replacement, count] of patches) {
    const found = patched.match(pattern)?.length ?? 0;
    if (found !== count) throw new Error(`${name}: ${pattern} found ${found} times; wanted ${count}`);
    patched = patched.replace(pattern, replacement);
  }
  return patched;
}

/**
 * The same glue as an ES module without its Node half, which bundlers for browsers would follow into
 * require().
 */
function browserGlue(source, name) {
  const patches = [
    [/ENVIRONMENT_IS_NODE=typeof process==+"object"[^;]*;/, 'ENVIRONMENT_IS_NODE=false;'],
    [/\nif \(typeof exports === 'object'[\s\S]*$/, ''],
  ];
  let module = source;
  for (const [pattern, replacement] of patches) {
    if (!pattern.test(module)) throw new Error(`${name}: no ${pattern}`);
    module = module.replace(pattern, replacement);
  }
  const factory = module.match(/^\s*var (\w+) = \(/)?.[1];
  if (!factory) throw new Error(`${name}: its factory was not found`);
  return `${module.replace(/\brequire\(/g, 'noRequire(')}\nexport { ${factory} as glue };\n`;
}

/** Rolls TensorFlow.js's declarations up, so that users need no @tensorflow package to type-check. */
async function buildVendorTypes() {
  const { rollup } = await import('rollup');
  const { dts } = await import('rollup-plugin-dts');
  const bundle = await rollup({
    input: at('scripts', 'vendor', 'tf.ts'),
    plugins: [dts({ respectExternal: true, tsconfig: at('scripts', 'vendor', 'tsconfig.json') })],
    onwarn: () => {},
  });
  const { output } = await bundle.generate({ format: 'es' });
  // tfjs-core's declarations name types of WebGPU and of `long`, which would ask every user for those
  // packages.
  const types = output[0].code
    .replace(/^\/\/\/ <reference.*$/gm, '')
    .replace(/\bGPU(Buffer|Texture|Device)\b/g, 'object')
    .replace(/: Long\b/g, ': unknown');
  writeFileSync(at('vendor', 'tf.d.ts'), types);
  await bundle.close();
  for (const name of ['tf-wasm', 'tf-cpu', 'tf-node', 'tf-webgpu'])
    cpSync(at('scripts', 'vendor', `${name}.types.d.ts`), at('vendor', `${name}.d.ts`));
}

/**
 * Compiles our kernels, generated AssemblyScript, and bundles the script of the workers that run them into
 * one file.
 */
async function buildKernels() {
  const { build } = await import('esbuild');
  await build({
    entryPoints: [at('src', 'backends', 'wasm', 'threads', 'worker.ts')],
    outfile: at('vendor', 'wasm', 'voirs-kernels-worker.js'),
    bundle: true,
    format: 'esm',
    external: ['node:*'],
    target: 'es2022',
  });
  const { tsImport } = await import('tsx/esm/api');
  const { compileKernels } = await tsImport('../tools/kernels/compile.ts', import.meta.url);
  await compileKernels(at('vendor', 'wasm'));
}

/** Compiles a project into the folder `dist` beside its tsconfig.json, in a process of its own. */
async function compile(...folder) {
  const { spawn } = await import('node:child_process');
  const { once } = await import('node:events');
  rmSync(at(...folder, 'dist'), { recursive: true, force: true });
  const tsc = require.resolve('typescript/bin/tsc');
  const project = at(...folder, 'tsconfig.json');
  const [status] = await once(spawn(process.execPath, [tsc, '-p', project], { stdio: 'inherit' }), 'exit');
  if (status !== 0) process.exit(status ?? 1);
}

/** One after the other: the server has types of the queue. */
async function compilePackages() {
  for (const name of readdirSync(at('packages'))) {
    if (!existsSync(at('packages', name, 'tsconfig.json'))) continue; // what a branch has left behind
    await cached(
      at('packages', name, 'dist', '.stamp'),
      [at('packages', name, 'src'), at('packages', name, 'tsconfig.json'), at('package-lock.json')],
      () => compile('packages', name),
    );
  }
}

await cached(
  at('vendor', '.stamp'),
  [at('scripts', 'vendor'), at('package-lock.json'), at('scripts', 'build.mjs')],
  buildVendor,
);
// The compiler is a process beside the kernels and then beside the bundles: a first build has two cores to use.
await Promise.all([
  cached(
    at('dist', '.stamp'),
    [at('src'), at('tsconfig.json'), at('package-lock.json'), at('scripts', 'build.mjs')],
    () => compile(),
  ),
  cached(
    at('vendor', 'wasm', '.kernels-stamp'),
    [
      at('tools', 'kernels'),
      at('src', 'backends', 'wasm', 'transforms.ts'),
      at('src', 'backends', 'wasm', 'threads'),
      at('package-lock.json'),
    ],
    buildKernels,
  ),
]);
const packages = compilePackages();
await cached(
  at('dist', 'browser', '.stamp'),
  [at('dist', '.stamp'), at('vendor', '.stamp'), at('package.json'), at('scripts', 'browser-bundle.mjs')],
  async () => (await import('./browser-bundle.mjs')).buildBrowser(root),
);
await cached(
  at('dist', 'studio', '.stamp'),
  [
    ...[at('web'), at('scripts', 'studio.mjs'), at('dist', '.stamp'), at('package-lock.json')],
    ...readdirSync(at('weights')).map((name) => at('weights', name, 'model.json')),
  ],
  async () => (await import('./studio.mjs')).buildStudio(root),
);
await packages;
writeNotices(root);
