// Types of the part of webvtt-parser that the tests use.
declare module 'webvtt-parser' {
  interface Cue {
    startTime: number;
    endTime: number;
    tree: { children: { value: string }[] };
  }
  const module: { WebVTTParser: new () => { parse(text: string): { cues: Cue[]; errors: unknown[] } } };
  export = module;
}
