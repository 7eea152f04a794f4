// The service worker of speak.html: speaks at another rate than the voice's.
import { VoirsPipeline } from '/voirs/dist/browser/service-worker.js';

async function speak(text) {
  try {
    const pipeline = await VoirsPipeline.create({ numThreads: 1, sampleRate: 48000 });
    const { sampleRate, timeline } = await pipeline.synthesize(text);
    await pipeline.dispose();
    return { sampleRate, said: timeline.words.map(({ text }) => text).join(' ') };
  } catch (error) {
    return { error: String(error) };
  }
}

addEventListener('message', (event) => {
  event.waitUntil(speak(event.data).then((result) => event.ports[0].postMessage(result)));
});
