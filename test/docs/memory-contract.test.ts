// If this fails, the memory guide makes a promise that no test holds: the test it names is gone or has
// another name.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

const test = suite('contract of the memory guide');
const root = fileURLToPath(new URL('../..', import.meta.url));
/** A promise of the guide, the files that implement it, and the tests that hold it. */
interface Row {
  group: string;
  promise: string;
  where: string[];
  tests: { file: string; title: string }[];
}

const rows = JSON.parse(readFileSync(new URL('memory-contract.json', import.meta.url), 'utf8')) as Row[];

/**
 * The names of a file's tests, of those written out; quotes that a name holds are written with a backslash.
 */
function titlesIn(file: string): string[] {
  const source = readFileSync(join(root, file), 'utf8');
  const named = source.matchAll(/(?:^|\s)(?:test|check)\(\s*(['"])((?:\\.|(?!\1).)*)\1/g);
  return [...named].map(([, , title]) => title!.replace(/\\(.)/g, '$1'));
}

test('names an existing place and test for every promise', () => {
  assert.ok(rows.length >= 48, `${rows.length} rows`);
  const missing: string[] = [];
  for (const { promise, where, tests } of rows) {
    if (tests.length === 0) missing.push(`${promise}: no test is named`);
    for (const place of where)
      if (place !== 'the whole engine' && !existsSync(join(root, place)))
        missing.push(`${promise}: ${place}`);
    for (const { file, title } of tests)
      if (!existsSync(join(root, file)) || !titlesIn(file).includes(title))
        missing.push(`${promise}: ${file} › ${title}`);
  }
  assert.equal(missing, []);
});

test('has a row for every helper that the original guide names', () => {
  const promises = rows.map(({ promise }) => promise).join('\n');
  for (const name of [
    ...['VoirsPipeline(config?)', 'synthesize(text)', 'reset()', 'five layers', 'memory usage'],
    ...['profile_memory_usage', 'memory_monitor', 'OptimizedTTS', 'batch_synthesize', 'streaming_synthesize'],
    ...[
      'MemoryEfficientAudio',
      'optimize_audio_format',
      'create_memory_efficient_config',
      'AdaptiveMemoryTTS',
    ],
    ...['managed_pipeline', 'LeakDetector', 'PipelinePool', 'presets', 'ProductionTTS'],
    ...['sampleRate', 'quality', 'useGpu', 'numThreads', 'memoryLimitMb', 'cacheSize'],
    ...['enablePreprocessing', 'enablePostprocessing'],
    ...['duration', 'gain', 'normalize', 'fadeIn', 'fadeOut', 'trimSilence', 'toStereo', 'append', 'split'],
    ...['mix', 'crossfade', 'rms', 'peak', 'load'],
  ])
    assert.ok(promises.includes(name), name);
});

test.run();
