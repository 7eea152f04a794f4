// AssemblyScript of self-attention: scores, softmax and values for 32 queries of one head at a time, so that
// the scores never leave the cache and no [N, N] tensor exists. Eight queries form a panel whose vectors hold
// one query a lane: maximum and sum over the keys then need no work across lanes.
import { EXP_CONSTANTS, expStatements } from './exponential.js';

/** Queries of a work unit, in panels of eight. */
export const ATTENTION_QUERIES = 32;
const PANEL = 8;
/** Keys of one inner product. */
const KEYS = 4;
/** Keys whose weights and values share the first cache. */
const VALUE_KEYS = 256;
/** Widest head, in floats: the length of a buffered key. */
export const ATTENTION_WIDTH = 128;
const KEY_BYTES = ATTENTION_WIDTH * 4;
const PANELS = ATTENTION_QUERIES / PANEL;
const PANEL_BYTES = ATTENTION_WIDTH * PANEL * 4;

const each = (count: number, code: (i: number) => string): string =>
  [...Array(count).keys()].map((i) => `  ${code(i)}`).join('\n');

/** Four keys by eight queries: keys [4][ATTENTION_WIDTH], queries [width][8] -> scores [4][8]. */
const SCORES = `
function attentionScores(keys: usize, queries: usize, width: i32, scores: usize): void {
${each(KEYS, (k) => `let a${k} = i32x4.splat(0), b${k} = i32x4.splat(0);`)}
  let s: v128, w0: v128, w1: v128;
  const end = keys + width * 4;
  do {
    w0 = v128.load(queries); w1 = v128.load(queries, 16);
${each(KEYS, (k) => `  s = v128.load32_splat(keys, ${k * KEY_BYTES}); a${k} = f32x4.add(a${k}, f32x4.mul(s, w0)); b${k} = f32x4.add(b${k}, f32x4.mul(s, w1));`)}
    keys += 4; queries += 32;
  } while (keys < end);
${each(KEYS, (k) => `v128.store(scores, a${k}, ${k * 32}); v128.store(scores, b${k}, ${k * 32 + 16});`)}
}
`;

/**
 * In place: scores [keys][8] -> exp(scale (score - largest of its query)); the inverse sums [8] go to `sums`.
 * Four queries at a time: with eight, the values in use do not fit sixteen registers.
 */
const SOFTMAX = `
function attentionSoftmax(scores: usize, keys: i32, sums: usize, scale: f32): void {
  const factor = f32x4.splat(scale);
${EXP_CONSTANTS}
  for (let half: usize = 0; half < 32; half += 16) {
    const start = scores + half, end = start + keys * 32;
    let high = v128.load(start);
    for (let p = start + 32; p < end; p += 32) high = f32x4.pmax(high, v128.load(p));
    let sum = f32x4.splat(0);
    for (let p = start; p < end; p += 32) {
      const v = f32x4.mul(f32x4.sub(v128.load(p), high), factor);
${expStatements('v', 'e')}
      sum = f32x4.add(sum, e);
      v128.store(p, e);
    }
    v128.store(sums + half, f32x4.div(f32x4.splat(1), sum));
  }
}
`;

/**
 * Four queries by eight channels: weights [keys][8 queries], values [keys][8] -> added to rows of y,
 * \`pitch\` bytes apart.
 */
const VALUES = `
function attentionValues(weights: usize, values: usize, keys: i32, y: usize, pitch: usize): void {
${each(KEYS, (q) => `let a${q} = v128.load(y + ${q} * pitch), b${q} = v128.load(y + ${q} * pitch, 16);`)}
  let s: v128, w0: v128, w1: v128;
  const end = values + keys * 32;
  do {
    w0 = v128.load(values); w1 = v128.load(values, 16);
${each(KEYS, (q) => `  s = v128.load32_splat(weights, ${q * 4}); a${q} = f32x4.add(a${q}, f32x4.mul(s, w0)); b${q} = f32x4.add(b${q}, f32x4.mul(s, w1));`)}
    values += 32; weights += 32;
  } while (values < end);
${each(KEYS, (q) => `v128.store(y + ${q} * pitch, a${q}); v128.store(y + ${q} * pitch, b${q}, 16);`)}
}
`;

/**
 * The kernels of self-attention; a unit of work of the first is a position, of the second 32 queries of one
 * head.
 */
export function attentionKernelSource(): string {
  return `${SCORES}${SOFTMAX}${VALUES}
// Keys of a head, padded to whole inner products.
// @ts-ignore: decorator
@inline function paddedKeys(n: i32): i32 { return (n + ${KEYS - 1}) & ~${KEYS - 1}; }
export function attention_pack_bytes(n: i32, heads: i32, width: i32): i32 {
  return heads * (paddedKeys(n) * ${KEY_BYTES} + n * width * 4);
}
// qkv [N][3][heads][width] -> for each head, keys [N, padded][ATTENTION_WIDTH] and values [width / 8][N][8]: read in order
// by every query, they come from the cache in order. A unit is a position.
export function attention_pack(qkv: usize, packed: usize, n: i32, heads: i32, width: i32, from: i32, to: i32, scratch: usize): void {
  const bytes: usize = width * 4, row: usize = heads * bytes;
  const keyBytes: usize = paddedKeys(n) * ${KEY_BYTES}, headBytes = keyBytes + n * bytes;
  for (let i = from; i < to; i++) {
    for (let head = 0; head < heads; head++) {
      const k = qkv + i * 3 * row + row + head * bytes, v = k + row;
      const key = packed + head * headBytes + i * ${KEY_BYTES};
      const value = packed + head * headBytes + keyBytes + i * 32;
      for (let c: usize = 0; c < bytes; c += 32) {
        v128.store(key + c, v128.load(k + c)); v128.store(key + c, v128.load(k + c, 16), 16);
        v128.store(value + c * n, v128.load(v + c)); v128.store(value + c * n, v128.load(v + c, 16), 16);
      }
    }
  }
}
// Queries first to first + count of one head into panels [width][8]; missing queries repeat the last.
function attentionPanels(x: usize, pitch: usize, first: i32, count: i32, width: i32, panels: usize): void {
  const rounded = (count + ${PANEL - 1}) & ~${PANEL - 1};
  for (let i = 0; i < rounded; i++) {
    let from = x + (first + min(i, count - 1)) * pitch;
    let to = panels + (i >> 3) * ${PANEL_BYTES} + (i & 7) * 4;
    for (let c = 0; c < width; c++) {
      store<f32>(to, load<f32>(from));
      from += 4; to += 32;
    }
  }
}
export function attention_units(n: i32, heads: i32): i32 { return heads * ((n + ${ATTENTION_QUERIES - 1}) / ${ATTENTION_QUERIES}); }
export function attention_scratch(n: i32): i32 {
  return ${PANELS} * (${PANEL_BYTES} + paddedKeys(n) * 32 + 32) + ${ATTENTION_QUERIES * KEY_BYTES};
}
// qkv and what attention_pack made of it -> y [N][heads][width]; a unit is 32 queries of one head.
export function attention(qkv: usize, packed: usize, y: usize, n: i32, heads: i32, width: i32, scale: f32, from: i32, to: i32, scratch: usize): void {
  const row: usize = heads * width * 4, bytes: usize = width * 4;
  const blocks = (n + ${ATTENTION_QUERIES - 1}) / ${ATTENTION_QUERIES};
  const padded = paddedKeys(n);
  const keyBytes: usize = padded * ${KEY_BYTES}, headBytes = keyBytes + n * bytes;
  const scoreBytes: usize = padded * 32;
  const sums = scratch + ${PANELS * PANEL_BYTES}, made = sums + ${PANELS * 32}, scores = made + ${ATTENTION_QUERIES * KEY_BYTES};
  for (let unit = from; unit < to; unit++) {
    const head = unit / blocks, first = (unit - head * blocks) * ${ATTENTION_QUERIES};
    const count = min(${ATTENTION_QUERIES}, n - first);
    const panels = (count + ${PANEL - 1}) >> 3;
    const keys = packed + head * headBytes, values = keys + keyBytes;
    attentionPanels(qkv + head * bytes, 3 * row, first, count, width, scratch);
    // Keys past the end hold arbitrary values; their scores are never read.
    for (let key = 0; key < n; key += ${KEYS}) {
      for (let p = 0; p < panels; p++) {
        attentionScores(keys + key * ${KEY_BYTES}, scratch + p * ${PANEL_BYTES}, width, scores + p * scoreBytes + key * 32);
      }
    }
    for (let p = 0; p < panels; p++) attentionSoftmax(scores + p * scoreBytes, n, sums + p * 32, scale);
    memory.fill(made, 0, ${ATTENTION_QUERIES * KEY_BYTES});
    for (let key = 0; key < n; key += ${VALUE_KEYS}) {
      const some = min(${VALUE_KEYS}, n - key);
      for (let c: usize = 0; c < bytes; c += 32) {
        for (let q = 0; q < count; q += ${KEYS}) {
          const weights = scores + (q >> 3) * scoreBytes + key * 32 + (q & 4) * 4;
          attentionValues(weights, values + c * n + key * 32, some, made + q * ${KEY_BYTES} + c, ${KEY_BYTES});
        }
      }
    }
    for (let q = 0; q < count; q++) {
      const share = v128.load32_splat(sums + q * 4), from = made + q * ${KEY_BYTES};
      const to = y + (first + q) * row + head * bytes;
      for (let c: usize = 0; c < bytes; c += 16) v128.store(to + c, f32x4.mul(v128.load(from + c), share));
    }
  }
}
`;
}
