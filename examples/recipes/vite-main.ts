// src/main.ts of a Vite project; vite.config.js is in docs/browser.md. The worker keeps the page free while it
// speaks. The files that are loaded at run time lie in public/voirs, as docs/browser.md says.
import { createWorkerPipeline, setAssetBase } from 'voirs';

setAssetBase('/voirs/');
const worker = () => new Worker(new URL('./speech-worker.ts', import.meta.url), { type: 'module' });
const loading = createWorkerPipeline({ worker });

document.querySelector('#speak')!.addEventListener('click', async () => {
  const audio = await (await loading).synthesize('Hello from a worker.');
  document.querySelector('#said')!.textContent = audio.timeline.words.map(({ text }) => text).join(' ');
  await new Audio(URL.createObjectURL(await audio.toBlob('wav'))).play();
  audio.dispose();
});
