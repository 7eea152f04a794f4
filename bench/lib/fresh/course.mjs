// The loop of a soak, the same for every engine: speak, and every so often collect garbage and note what is left.

/** What is alive once all garbage is gone. */
function processFigures() {
  const { rss, heapTotal, heapUsed, external, arrayBuffers } = process.memoryUsage();
  // V8 takes pages of 256 KiB for what it moves about, and keeps some: the engine's own part is the rest.
  return { rss, rssBesideHeap: rss - heapTotal, heapUsed, external, arrayBuffers };
}

/** One row of the table; what an engine does not have is absent. */
function readingAt(kinds, table, row) {
  const pairs = kinds.map((kind, n) => [kind, table[row * kinds.length + n]]);
  return Object.fromEntries(pairs.filter(([, value]) => !Number.isNaN(value)));
}

/**
 * @param speak makes the next text into audio and lets go of it; resolves to its seconds.
 * @param figures the engine's own figures, beside those of the process.
 * @param options count of syntheses; a reading every so many; minutes after which it ends early.
 */
export async function course(speak, figures, { count, every, minutes = Number.POSITIVE_INFINITY }) {
  // Outside the JS heap and there from the start: a list of readings would be a leak that the readings find.
  let kinds;
  let table;
  let readings = 0;
  const read = async (at) => {
    // What was given up in this turn of the event loop is garbage only after it, and finalizers run in one of their own.
    for (let turn = 0; turn < 2; turn++) {
      await new Promise((resolve) => setImmediate(resolve));
      globalThis.gc();
    }
    const reading = { at, ...processFigures(), ...figures() };
    kinds ??= Object.keys(reading);
    table ??= new Float64Array((Math.floor(count / every) + 1) * kinds.length).fill(Number.NaN);
    for (const [n, kind] of kinds.entries()) table[readings * kinds.length + n] = reading[kind] ?? Number.NaN;
    readings++;
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
    samples: Array.from({ length: readings }, (_, row) => readingAt(kinds, table, row)),
    done,
    audioSeconds,
    wallSeconds: (performance.now() - started) / 1000,
    peakRssBytes: process.resourceUsage().maxRSS * 1024,
  };
}
