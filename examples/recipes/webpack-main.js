// src/main.js of a webpack project: speaks, and writes each word while it is heard.
import { setAssetBase, VoirsPipeline } from 'voirs';

setAssetBase('/voirs/');
const loading = VoirsPipeline.create();

document.querySelector('#speak').addEventListener('click', async () => {
  const audio = await (await loading).synthesize('Hello from a bundle.');
  const sound = new Audio(URL.createObjectURL(await audio.toBlob('wav')));
  const { words } = audio.timeline;
  audio.dispose();
  document.querySelector('#said').textContent = words.map(({ text }) => text).join(' ');
  sound.addEventListener('timeupdate', () => {
    const now = words.find(({ start, end }) => start <= sound.currentTime && sound.currentTime < end);
    document.title = now?.text ?? '';
  });
  await sound.play();
});
