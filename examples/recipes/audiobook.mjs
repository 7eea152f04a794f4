// An audiobook of an EPUB: an MP3 for each chapter, with title, author and number. node audiobook.mjs book.epub
// npm install voirs wasm-media-encoders@0.7
import { createWriteStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { pipeline as connect } from 'node:stream/promises';
import { toNodeStream, VoirsPipeline } from 'voirs';
import { readEpub } from 'voirs/epub';

const { title, authors, chapters } = readEpub(await readFile(process.argv[2] ?? 'book.epub'));
const pipeline = await VoirsPipeline.create({ voice: 'miles', leaveOut: ['citations', 'tables'] });
for (const [n, chapter] of chapters.entries()) {
  const name = `${String(n + 1).padStart(2, '0')}.mp3`;
  const metadata = { title: chapter.title, artist: authors.join(', '), album: title };
  const speech = pipeline.stream(chapter.html, { pauses: { paragraph: 0.9 } });
  await connect(toNodeStream(speech, { format: 'mp3', metadata }), createWriteStream(name));
  console.log(name, chapter.title);
}
await pipeline.dispose();
