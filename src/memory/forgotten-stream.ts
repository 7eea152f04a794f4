// Streams that a program drops before their end: a generator that is collected runs no `finally`, so that what it holds
// (tensors of its sentence, a place in a worker) would stay for ever.

/** Ends what is behind a stream that has been collected. */
const forgotten = new FinalizationRegistry<AsyncGenerator<unknown, void, undefined>>((behind) => {
  behind.return().catch(() => {}); // nobody is left to be told
});

/** A stream that ends `chunks` when it is dropped, as `return` does. `chunks` must not refer to it. */
export function endedWhenForgotten<Chunk>(
  chunks: AsyncGenerator<Chunk, void, undefined>,
): AsyncGenerator<Chunk, void, undefined> {
  const stream = passedOn(chunks);
  forgotten.register(stream, chunks);
  return stream;
}

async function* passedOn<Chunk>(
  chunks: AsyncGenerator<Chunk, void, undefined>,
): AsyncGenerator<Chunk, void, undefined> {
  yield* chunks;
}
