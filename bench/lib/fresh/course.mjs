// The loop of a soak, the same for every engine: speak, and at intervals collect garbage and note what is
// left.

/** What the process holds, to be read after collection. */
export function processFigures() {
  const { rss, heapTotal, heapUsed, external, arrayBuffers } = process.memoryUsage();
  // V8 takes pages of 256 KiB for objects that it moves, and keeps some: the rest is the engine's part.
  return { rss, rssBesideHeap: rss - heapTotal, heapUsed, external, arrayBuffers };
}

/** One row of the table; a figure that an engine lacks is absent. */
function readingAt(kinds, table, row) {
  const pairs = kinds.map((kind, n) => [kind, table[row * kinds.length + n]]);
  return Object.fromEntries(pairs.filter(([, value]) => !Number.isNaN(value)));
}

/**
 * @param speak makes the next text into audio and lets go of it; resolves to its seconds.
 * @param figures the engine's own figures, beside those of the process.
 * @param options count of syntheses; a reading after each `every`; minutes after which it ends early.
 */
export async function course(speak, figures, { count, every, minutes = Number.POSITIVE_INFINITY }) {
  // Outside the JS heap and allocated at the start: a list that grows would show up as a leak in its own
  // readings.
  let kinds;
  let table;
  let readings = 0;
  const read = async (at) => {
    // Objects released in this turn of the event loop are garbage only after it, and finalizers run in a turn
    // of their own.
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
