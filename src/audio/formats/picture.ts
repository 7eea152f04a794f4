// The block that holds a picture in FLAC (RFC 9639, 8.8), which Opus has as a comment.
import type { AudioCover } from './format.js';
import { joined } from './joined.js';

const FRONT_COVER = 3;

function u32(...values: number[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(4 * values.length));
  for (const [i, value] of values.entries()) view.setUint32(4 * i, value);
  return new Uint8Array(view.buffer);
}

/** The content of the block. Size and depth of the picture stand in the picture itself: 0 says that they are unknown. */
export function pictureBlock({ data, mediaType }: AudioCover): Uint8Array {
  const type = new TextEncoder().encode(mediaType);
  const NO_DESCRIPTION = 0;
  return joined([u32(FRONT_COVER, type.length), type, u32(NO_DESCRIPTION, 0, 0, 0, 0, data.length), data]);
}

/** The same as a comment. */
export function pictureComment(cover: AudioCover): string {
  const bytes = pictureBlock(cover);
  const STEP = 3 * 4096; // whole groups of base64, and few enough arguments
  let base64 = '';
  for (let at = 0; at < bytes.length; at += STEP)
    base64 += btoa(String.fromCharCode(...bytes.subarray(at, at + STEP)));
  return `METADATA_BLOCK_PICTURE=${base64}`;
}
