// Plays samples on the audio thread: holds everything that has arrived, so that a player can seek in it, and
// stretches time without moving the pitch. It is one function without imports: a page loads it as the file
// `voirs/player-worklet.js`, or as a Blob of its text.

declare const registerProcessor: (name: string, processor: new () => object) => void;
/** Hz of the context. */
declare const sampleRate: number;
/** Seconds of the context at the block that is being computed. */
declare const currentTime: number;
declare class AudioWorkletProcessor {
  readonly port: MessagePort;
}

/** What the player tells its processor. `run` numbers the sources: messages of an earlier one are void. */
export type ToProcessor =
  | { kind: 'begin'; run: number }
  | { kind: 'add'; samples: Float32Array; sampleRate: number }
  | { kind: 'complete' }
  | { kind: 'play' }
  | { kind: 'pause' }
  | { kind: 'rate'; rate: number }
  | { kind: 'seek'; seconds: number };

/** What the processor reports, about fifty times a second and at every change. */
export interface FromProcessor {
  run: number;
  state: 'playing' | 'paused' | 'waiting' | 'ended';
  /** Seconds of the source at `time`. */
  position: number;
  /** Seconds of the context. */
  time: number;
}

/** The name under which the processor is registered. */
export const PROCESSOR = 'voirs-player';

/** Registers the processor, on the audio thread. */
export function defineProcessor(): void {
  /** Seconds of a step of the stretch: two steps hold a period of the lowest voices. */
  const STEP_SECONDS = 0.0125;
  /** Seconds around a place in which the best continuation is looked for: more than half such a period. */
  const SEARCH_SECONDS = 0.009;
  /** Seconds in which sound fades at a pause and around a jump. */
  const FADE_SECONDS = 0.005;
  /** Samples on each side that the interpolation between two rates reads. */
  const TAPS = 12;
  const REPORT_SECONDS = 0.02;

  class SpeechProcessor extends AudioWorkletProcessor {
    private run = 0;
    private chunks: Float32Array[] = [];
    private starts: number[] = [];
    private length = 0;
    private rateOfSource = sampleRate;
    private isComplete = false;
    private isPlaying = false;
    private rate = 1;
    /** Where the source goes on nominally, in samples. */
    private nominal = 0;
    /** Where what was played last goes on in the source: differs from `nominal` while time is stretched. */
    private natural = 0;
    private jump: number | undefined;
    private level = 1;
    /** Whether nothing of the source has been heard: then there is nothing that could fade. */
    private isNew = true;
    /** Stretched samples that have not been played. */
    private pending = new Float32Array(0);
    /** Samples at the source's rate around the place that the interpolation has reached. */
    private window = new Float32Array(2 * TAPS);
    private fraction = 0;
    private state: 'playing' | 'paused' | 'waiting' | 'ended' = 'paused';
    private reported = 0;
    private one = new Float32Array(1);

    constructor() {
      super();
      this.port.onmessage = ({ data }: MessageEvent<ToProcessor>) => this.take(data);
    }

    private take(message: ToProcessor): void {
      if (message.kind === 'begin') {
        this.run = message.run;
        this.chunks = [];
        this.starts = [];
        this.length = 0;
        this.isComplete = false;
        this.isPlaying = false;
        this.moveTo(0);
        this.level = 1; // a source begins as it is, without a fade
        this.isNew = true;
      } else if (message.kind === 'add') {
        if (this.length === 0) this.rateOfSource = message.sampleRate;
        this.chunks.push(message.samples);
        this.starts.push(this.length);
        this.length += message.samples.length;
      } else if (message.kind === 'complete') {
        this.isComplete = true;
      } else if (message.kind === 'play' || message.kind === 'pause') {
        this.isPlaying = message.kind === 'play';
      } else if (message.kind === 'rate') {
        this.rate = message.rate;
        this.nominal = this.natural;
      } else {
        const to = Math.min(Math.max(0, Math.round(message.seconds * this.rateOfSource)), this.length);
        if (this.state === 'playing' && this.level > 0) this.jump = to;
        else this.moveTo(to);
        if (this.state === 'ended') this.state = 'paused';
        if (this.state !== 'playing') this.level = 0;
        this.report();
      }
    }

    private moveTo(sample: number): void {
      this.jump = undefined;
      this.nominal = sample;
      this.natural = sample;
      this.pending = new Float32Array(0);
      this.window.fill(0);
      this.fraction = 0;
    }

    /** Source samples from `from` on into `out`; silence outside of what there is. */
    private copy(from: number, out: Float32Array): void {
      out.fill(0);
      let low = 0;
      let high = this.starts.length - 1;
      while (low < high) {
        const middle = (low + high + 1) >> 1;
        if (this.starts[middle]! <= from) low = middle;
        else high = middle - 1;
      }
      for (let n = low; n < this.chunks.length; n++) {
        const start = this.starts[n]! - from;
        if (start >= out.length) break;
        const chunk = this.chunks[n]!;
        const skip = Math.max(0, -start);
        const at = Math.max(0, start);
        out.set(chunk.subarray(skip, Math.max(skip, Math.min(chunk.length, skip + out.length - at))), at);
      }
    }

    /**
     * One step of waveform-similarity overlap-add (Verhelst and Roelands, 1993): what was played last fades into
     * the most similar place around the nominal one.
     */
    private stretch(): boolean {
      const step = Math.round(STEP_SECONDS * this.rateOfSource);
      const search = Math.round(SEARCH_SECONDS * this.rateOfSource);
      const center = Math.round(this.nominal);
      if (center >= this.length) return false;
      if (!this.isComplete && center + search + step > this.length) return false;
      const before = new Float32Array(step);
      this.copy(this.natural, before);
      const around = new Float32Array(step + 2 * search);
      this.copy(center - search, around);
      let best = search;
      if (center !== this.natural) {
        let most = Number.NEGATIVE_INFINITY;
        for (let offset = 0; offset <= 2 * search; offset += 2) {
          let product = 0;
          let energy = 1e-9;
          for (let i = 0; i < step; i += 2) {
            const sample = around[offset + i]!;
            product += sample * before[i]!;
            energy += sample * sample;
          }
          const likeness = product / Math.sqrt(energy);
          if (likeness > most) {
            most = likeness;
            best = offset;
          }
        }
      }
      for (let i = 0; i < step; i++) {
        const share = 0.5 - 0.5 * Math.cos((Math.PI * (i + 0.5)) / step);
        before[i] = before[i]! * (1 - share) + around[best + i]! * share;
      }
      this.natural = center - search + best + step;
      this.nominal += step * this.rate;
      this.pending = before;
      return true;
    }

    /** Fills `out` at the source's rate. @returns the samples that there were. */
    private pull(out: Float32Array): number {
      let filled = 0;
      while (filled < out.length) {
        if (this.pending.length > 0) {
          const some = this.pending.subarray(0, out.length - filled);
          out.set(some, filled);
          filled += some.length;
          this.pending = this.pending.subarray(some.length);
        } else if (this.rate === 1) {
          const count = Math.min(out.length - filled, this.length - this.natural);
          if (count <= 0) break;
          this.copy(this.natural, out.subarray(filled, filled + count));
          filled += count;
          this.natural += count;
          this.nominal = this.natural;
        } else if (!this.stretch()) {
          break;
        }
      }
      return filled;
    }

    /** Fills `out` at the context's rate: a windowed sinc between the source's samples. */
    private resample(out: Float32Array): number {
      const ratio = this.rateOfSource / sampleRate;
      if (ratio === 1) return this.pull(out);
      const { window } = this;
      const cutoff = Math.min(1, 1 / ratio);
      for (let n = 0; n < out.length; n++) {
        while (this.fraction >= 1) {
          if (this.pull(this.one) === 0) return n;
          window.copyWithin(0, 1);
          window[window.length - 1] = this.one[0]!;
          this.fraction -= 1;
        }
        let sum = 0;
        for (let i = 0; i < window.length; i++) {
          const x = i - TAPS + 1 - this.fraction;
          const angle = Math.PI * x * cutoff;
          const sinc = x === 0 ? 1 : Math.sin(angle) / angle;
          sum += window[i]! * cutoff * sinc * (0.5 + 0.5 * Math.cos((Math.PI * x) / TAPS));
        }
        out[n] = sum;
        this.fraction += ratio;
      }
      return out.length;
    }

    process(_: Float32Array[][], outputs: Float32Array[][]): boolean {
      const [first, ...others] = outputs[0]!;
      if (!first) return true;
      const was = this.state;
      const wanted = this.isPlaying && this.jump === undefined ? 1 : 0;
      if (wanted === 0 && (this.level === 0 || this.isNew)) {
        if (this.jump !== undefined) this.moveTo(this.jump);
        if (!this.isPlaying && this.state !== 'ended') this.state = 'paused';
      } else {
        const filled = this.length === 0 ? 0 : this.resample(first);
        if (filled > 0) this.isNew = false;
        this.fade(first, wanted);
        if (filled === first.length) this.state = this.isPlaying ? 'playing' : 'paused';
        else this.state = this.isComplete && this.jump === undefined ? 'ended' : 'waiting';
        if (filled < first.length) this.level = wanted; // nothing is left that could fade
        if (this.state === 'ended') this.isPlaying = false;
      }
      for (const other of others) other.set(first);
      if (this.state !== was || currentTime - this.reported >= REPORT_SECONDS) this.report();
      return true;
    }

    private fade(out: Float32Array, wanted: number): void {
      if (this.level === wanted) return;
      const change = (wanted > this.level ? 1 : -1) / (FADE_SECONDS * sampleRate);
      for (let i = 0; i < out.length; i++) {
        this.level = Math.min(1, Math.max(0, this.level + change));
        out[i]! *= this.level;
      }
    }

    private report(): void {
      this.reported = currentTime;
      const samples = this.jump ?? Math.max(0, this.nominal - this.pending.length * this.rate);
      const position = Math.min(samples, this.length) / this.rateOfSource;
      const report: FromProcessor = { run: this.run, state: this.state, position, time: currentTime };
      this.port.postMessage(report);
    }
  }

  registerProcessor('voirs-player', SpeechProcessor);
}

if ('registerProcessor' in globalThis) defineProcessor();
