// What the window may ask of the main process: one function.
const { contextBridge, ipcRenderer } = require('electron');

contextBridge.exposeInMainWorld('speech', { speak: (text) => ipcRenderer.invoke('speak', text) });
