// Step 3: compiles the add-on between Node and libtensorflow, two C++ files, in some seconds.
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LIBRARIES } from '../../backends/tensorflow/place.js';
import { withFusedAttributes } from './fused-attributes.js';
import { lastWords, runProgram, type SetupContext, stepFailed } from './programs.js';

/** Compiles tfjs_binding.node, which finds the libraries beside itself after the folder is moved. */
export async function compileAddon(context: SetupContext): Promise<void> {
  const { folder, report } = context;
  const compiler = process.env.CXX || 'g++';
  report(`compiling the add-on with ${compiler}`);
  const binding = join(folder, 'tfjs-node', 'binding');
  const patched = join(binding, 'tfjs_backend_fused.cc');
  try {
    writeFileSync(patched, withFusedAttributes(readFileSync(join(binding, 'tfjs_backend.cc'), 'utf8')));
  } catch (cause) {
    throw stepFailed('add-on', "tfjs-node's source is not the version that the change is made for", {
      got: (cause as Error).message,
      suggestion: 'Run it with --force, which fetches the sources again',
      cause,
    });
  }
  const output = join(folder, 'tfjs_binding.part');
  const libraries = join(folder, 'tensorflow');
  const { code, output: words } = await runProgram(
    compiler,
    [
      ...['-O2', '-std=c++17', '-shared', '-fPIC', '-w', '-DNAPI_VERSION=8'],
      ...[`-I${join(folder, 'node-headers', 'include')}`, `-I${join(folder, 'include')}`],
      ...[patched, join(binding, 'tfjs_binding.cc'), '-o', output, `-L${libraries}`],
      ...LIBRARIES.map((name) => `-l:${name}`),
      '-Wl,-rpath,$ORIGIN/tensorflow',
    ],
    context,
  );
  if (code !== 0) {
    throw stepFailed('add-on', code === null ? `there is no ${compiler}` : 'it does not compile', {
      got: lastWords(words),
      suggestion: 'Install a C++17 compiler (apt-get install g++) or name one in CXX',
    });
  }
  renameSync(output, join(folder, 'tfjs_binding.node'));
}
