// Plays chunks of speech one after another without a gap, and calls back for each word when it is heard.
// @ts-check

/** @typedef {import('voirs/browser').AudioBuffer} Speech */
/** @typedef {import('voirs/browser').TimedWord} Word */

/** Milliseconds for which a clock may stand still while there is something to play. */
const MOST_STILL_MS = 5000;

/** Seconds until the first chunk is due, so that it can be scheduled in time. */
const LEAD = 0.05;

export class Player {
  context = new AudioContext();
  /** Where in the context's time the stream begins, once something plays. */
  beginning = 0;
  /** Where what has been added so far ends. */
  ending = 0;
  /** @type {Word[]} */
  words = [];
  /** @type {Word | undefined} */
  current;
  isStopped = false;

  /** @param {(word: Word | undefined) => void} onWord called when another word is heard, or none. */
  constructor(onWord) {
    this.onWord = onWord;
    this.follow();
  }

  /** @param {Speech} chunk whose samples are copied: the caller may dispose it at once. */
  add(chunk) {
    const { context } = this;
    const buffer = context.createBuffer(1, chunk.samples.length, chunk.sampleRate);
    buffer.getChannelData(0).set(chunk.samples);
    // Late, because synthesis took longer than playback: the rest of the stream moves by as much.
    const wait = context.currentTime + LEAD - this.ending;
    if (wait > 0) {
      this.beginning += wait;
      this.ending += wait;
    }
    const source = context.createBufferSource();
    source.buffer = buffer;
    source.connect(context.destination);
    source.start(this.ending);
    this.ending += buffer.duration;
    this.words.push(...chunk.timeline.words);
  }

  /** Resolves when at most `seconds` are still to be played. @param {number} seconds */
  async untilAheadBy(seconds) {
    let time = -1;
    let moved = performance.now();
    while (!this.isStopped && this.ending - this.context.currentTime > seconds) {
      const now = performance.now();
      if (this.context.currentTime > time) [time, moved] = [this.context.currentTime, now];
      if (now - moved > MOST_STILL_MS)
        throw new Error('The browser plays no sound. Connect loudspeakers or headphones, then speak again.');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  end() {
    return this.untilAheadBy(0);
  }

  stop() {
    this.isStopped = true;
    void this.context.suspend();
  }

  async close() {
    this.isStopped = true;
    await this.context.close();
  }

  /** Finds the word that is heard, once a frame. */
  follow() {
    if (this.isStopped) return;
    requestAnimationFrame(() => this.follow());
    if (this.ending === 0) return;
    const now = this.context.currentTime - (this.context.outputLatency || 0) - this.beginning;
    const word = this.words.find(({ start, end }) => start <= now && now < end);
    if (word === this.current) return;
    this.current = word;
    this.onWord(word);
  }
}
