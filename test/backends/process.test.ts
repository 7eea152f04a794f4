// If this fails, a program that imports voirs does not end, or has its exception handlers replaced.
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

const test = suite('host process');
const index = fileURLToPath(new URL('../../src/index.ts', import.meta.url));

/** Runs a program on the sources in a process of its own, which must end by itself. @returns its output. */
function run(program: string): string {
  const code = `import { VoirsPipeline } from ${JSON.stringify(index)};\n${program}`;
  const args = [...process.execArgv, '--input-type=module', '-e', code];
  return execFileSync(process.execPath, args, { timeout: 60_000, encoding: 'utf8' });
}

for (const numThreads of [1, 2]) {
  test(`leaves the process free to end, with ${numThreads} thread(s)`, () => {
    const out = run(`
      const listeners = () => ['uncaughtException', 'unhandledRejection', 'exit', 'SIGINT']
        .map((name) => process.listenerCount(name)).join();
      const before = listeners();
      const pipeline = await VoirsPipeline.create({ numThreads: ${numThreads} });
      const audio = await pipeline.synthesize('Short.');
      console.log(JSON.stringify({ same: listeners() === before, seconds: audio.duration, threads: pipeline.backend.threads }));
    `);
    const result = JSON.parse(out.trim().split('\n').pop()!) as {
      same: boolean;
      seconds: number;
      threads: number;
    };
    assert.ok(result.same, 'listeners were added to the process');
    assert.ok(result.seconds > 0.2);
    assert.is(result.threads, numThreads);
  });
}

test('prints nothing while loading and speaking', () => {
  const out = run(`
    const pipeline = await VoirsPipeline.create({ backend: 'cpu' });
    (await pipeline.synthesize('Hm.')).dispose();
    await pipeline.dispose();
  `);
  assert.is(out, '');
});

test.run();
