// TensorFlow.js for architectures of other people. A file of its own: a bundler leaves it out where a program does not
// ask for it, and index.ts is never left out.

/** The part of TensorFlow.js that voirs runs on. */
export * as tf from '#tf';
