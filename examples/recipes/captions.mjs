// Narrates a video: narration.wav, and narration.vtt with cues that are exact because the engine made the times.
// npm install voirs, and to join them to a film: ffmpeg -i film.mp4 -i narration.wav -i narration.vtt -map 0:v
// -map 1:a -map 2 -c:v copy -c:s mov_text narrated.mp4
import { writeFile } from 'node:fs/promises';
import { VoirsPipeline } from 'voirs';

const text = 'In 1969 the harbor had 40 boats. Today there are 3, and all of them are for tourists.';
const pipeline = await VoirsPipeline.create();
const audio = await pipeline.synthesize(text, { speakingRate: 0.95, pauses: { sentence: 0.6 } });
await audio.save('narration.wav');
await writeFile('narration.vtt', audio.captions('vtt', { text }));
console.log(audio.captions('srt', { text, lineLength: 32 }));
audio.dispose();
await pipeline.dispose();
