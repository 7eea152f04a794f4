// Records what a context is given to play, block by block on the audio thread, so that no load of the machine
// leaves a gap.

const SOURCE = `registerProcessor('recorder', class extends AudioWorkletProcessor {
  process([[input]]) {
    if (input) this.port.postMessage(input.slice());
    return true;
  }
});`;

export interface Recorder {
  node: AudioNode;
  /** Everything so far, in one piece. */
  samples(): Float32Array;
  clear(): void;
}

export async function recorder(context: AudioContext): Promise<Recorder> {
  const url = URL.createObjectURL(new Blob([SOURCE], { type: 'text/javascript' }));
  await context.audioWorklet.addModule(url);
  const node = new AudioWorkletNode(context, 'recorder', {
    numberOfOutputs: 1,
    channelCount: 1,
    channelCountMode: 'explicit',
  });
  node.connect(context.destination);
  let blocks: Float32Array[] = [];
  node.port.onmessage = ({ data }: MessageEvent<Float32Array>) => blocks.push(data);
  return {
    node,
    samples() {
      const all = new Float32Array(blocks.reduce((sum, { length }) => sum + length, 0));
      let at = 0;
      for (const block of blocks) {
        all.set(block, at);
        at += block.length;
      }
      return all;
    },
    clear() {
      blocks = [];
    },
  };
}

export const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Waits until something is so. */
export async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await wait(5);
}
