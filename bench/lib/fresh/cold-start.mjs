// A fresh process that speaks once, as a user's first run does: plain node on the built package, nothing
// warmed. Called by suites/cold-start.ts with { mode, text, threads } as JSON; prints one line of JSON.
const startedAt = performance.timeOrigin + performance.now();
const { mode, text, threads } = JSON.parse(process.argv[2]);
const dist = (name) => import(new URL(`../../../dist/${name}`, import.meta.url).href);

let last = performance.now();
/** Milliseconds since the last call. */
function lap() {
  const now = performance.now();
  const elapsed = now - last;
  last = now;
  return elapsed;
}

/** The steps that a user waits for. */
async function speak() {
  const { VoirsPipeline } = await dist('index.js');
  const imported = lap();
  const pipeline = await VoirsPipeline.create({ numThreads: threads });
  const created = lap();
  let firstChunk = 0;
  let audioSeconds = 0;
  for await (const chunk of pipeline.stream(text)) {
    firstChunk ||= lap();
    audioSeconds += chunk.duration;
    chunk.dispose();
  }
  const rest = lap();
  await pipeline.dispose();
  return { import: imported, create: created, firstChunk, rest, audioSeconds };
}

/** The same, one part after the other, where VoirsPipeline.create does several at the same time. */
async function speakInParts() {
  const [{ VoirsPipeline }, { acquireBackend }, { acquireModels }, catalog, { loadVoiceFiles }] =
    await Promise.all(
      ['index', 'backends/registry', 'synthesis/shared-models', 'voices/catalog', 'voices/files'].map(
        (name) => dist(`${name}.js`),
      ),
    );
  const imported = lap();
  const hold = await acquireBackend('wasm', { numThreads: threads });
  const backend = lap();
  const files = await loadVoiceFiles(catalog.defaultVoiceFolder());
  const models = await acquireModels(hold.backend, files, 'medium');
  const weights = lap();
  await catalog.loadPronouncer(files);
  const lexicon = lap();
  const pipeline = await VoirsPipeline.create({ numThreads: threads, backend: 'wasm', cacheSize: 0 });
  const create = lap();
  const audio = await pipeline.synthesize(text);
  const firstRun = lap();
  audio.dispose();
  const again = await pipeline.synthesize(text);
  const secondRun = lap();
  again.dispose();
  await pipeline.dispose();
  await models.release();
  await hold.release();
  return { import: imported, backend, weights, lexicon, create, firstRun, secondRun };
}

const figures = mode === 'parts' ? await speakInParts() : await speak();
const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();
const cpuMs = (userCPUTime + systemCPUTime) / 1000;
process.stdout.write(`${JSON.stringify({ startedAt, ...figures, cpuMs, peakRssBytes: maxRSS * 1024 })}\n`);
