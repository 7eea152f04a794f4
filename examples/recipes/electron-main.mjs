// The main process of an Electron app: speech in a worker thread, so that windows and menus stay alive.
// The package's files must lie outside the archive: with electron-builder, "asarUnpack": ["node_modules/voirs/**"].
import { join } from 'node:path';
import { app, BrowserWindow, ipcMain } from 'electron';
import { createWorkerPipeline } from 'voirs';

await app.whenReady();
const pipeline = await createWorkerPipeline();

ipcMain.handle('speak', async (_event, text) => {
  const audio = await pipeline.synthesize(text);
  const spoken = { wav: audio.toWav(), words: audio.timeline.words };
  audio.dispose();
  return spoken;
});

const preload = join(import.meta.dirname, 'electron-preload.cjs');
const window = new BrowserWindow({ webPreferences: { preload } });
await window.loadFile('electron-renderer.html');
app.on('window-all-closed', async () => {
  await pipeline.dispose();
  app.quit();
});
