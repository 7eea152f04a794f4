// Modules that the build makes.

declare module 'virtual:voices' {
  export const list: readonly import('./state/voices.js').StudioVoice[];
}
declare module '*.css';
interface ImportMeta {
  readonly env: { readonly PROD: boolean };
}
