// Starts the studio: the last work, the page, the voice as soon as the page stands, and the offline copy.
import { effect } from '@preact/signals';
import { render } from 'preact';
import './styles.css';
import { App } from './app.js';
import { engineFiles, pipelineFor, pipelineNow } from './engine/engine.js';
import { restorePlace } from './engine/playback.js';
import { restore, work } from './state/document.js';

try {
  const theme = localStorage.getItem('voirs-studio-theme');
  if (theme) document.documentElement.dataset.theme = theme;
} catch {} // a private window has no storage

await restore();
render(<App />, document.querySelector('#app')!);
void restorePlace();

/** Whoever saves data loads the voice with the first press of play. */
const savesData =
  (navigator as Navigator & { connection?: { saveData?: boolean } }).connection?.saveData === true;
if (!savesData)
  requestAnimationFrame(() => setTimeout(() => pipelineFor(work.value.voice).catch(() => {}), 0));

if ('serviceWorker' in navigator && import.meta.env.PROD) {
  const register = (): void => {
    navigator.serviceWorker.register('./sw.js').catch(() => {}); // without it the studio works while online
  };
  // The voice comes first: the offline copy can wait for it.
  const stop = effect(() => {
    if (!pipelineNow.value) return;
    queueMicrotask(() => stop());
    register();
    void navigator.serviceWorker.ready.then(({ active }) => active?.postMessage({ keep: engineFiles() }));
  });
}
