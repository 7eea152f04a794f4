// The loop of a soak, the same for every engine: speak, and every so often collect garbage and note what is left.

/** What is alive once all garbage is gone. */
function processFigures() {
  const { rss, heapUsed, external, arrayBuffers } = process.memoryUsage();
  return { rss, heapUsed, external, arrayBuffers };
}

/**
 * @param speak makes the next text into audio and lets go of it; resolves to its seconds.
 * @param figures the engine's own figures, beside those of the process.
 * @param options count of syntheses; a reading every so many; minutes after which it ends early.
 */
export async function course(speak, figures, { count, every, minutes = Number.POSITIVE_INFINITY }) {
  const samples = [];
  const read = async (at) => {
    // What was given up in this turn of the event loop is garbage only after it, and finalizers run in one of their own.
    for (let turn = 0; turn < 2; turn++) {
      await new Promise((resolve) => setImmediate(resolve));
      globalThis.gc();
    }
    samples.push({ at, ...processFigures(), ...figures() });
  };
  const started = performance.now();
  let audioSeconds = 0;
  let done = 0;
  await read(0);
  while (done < count && performance.now() - started < minutes * 60_000) {
    audioSeconds += await speak();
    done++;
    if (done % every === 0) await read(done);
  }
  return {
    samples,
    done,
    audioSeconds,
    wallSeconds: (performance.now() - started) / 1000,
    peakRssBytes: process.resourceUsage().maxRSS * 1024,
  };
}
