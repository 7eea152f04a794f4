// Unpacks a few files of a Python wheel of several hundred MB in one pass, and checks each against its hash
// in the wheel's own RECORD. This needs no Python, and installs none of the wheel's Python code.
import { createHash, type Hash } from 'node:crypto';
import { closeSync, createReadStream, mkdirSync, openSync, renameSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Unzip, UnzipInflate } from 'fflate';

/** A file being written. */
interface Output {
  path: string;
  descriptor: number;
  hash: Hash;
}

/**
 * Unpacks the wanted files below `folder`; `target` returns a file's path there, or undefined to skip it.
 * @returns the text of METADATA and how many files were written.
 * @throws Error when the wheel is damaged or incomplete.
 */
export async function unpackWheel(
  wheel: string,
  folder: string,
  target: (name: string) => string | undefined,
  signal?: AbortSignal,
): Promise<{ metadata: string; files: string[] }> {
  const outputs = new Map<string, Output>();
  const texts = new Map<'RECORD' | 'METADATA', string>();
  let failure: Error | undefined;
  const unzip = new Unzip((file) => {
    const text = /\.dist-info\/(RECORD|METADATA)$/.exec(file.name)?.[1] as 'RECORD' | 'METADATA' | undefined;
    const path = target(file.name);
    if (text === undefined && path === undefined) return;
    const decoder = new TextDecoder();
    const output = path === undefined ? undefined : openOutput(join(folder, path));
    if (output) outputs.set(file.name, output);
    file.ondata = (error, chunk, isLast) => {
      failure ??= error ?? undefined;
      if (output) {
        output.hash.update(chunk);
        for (let from = 0; from < chunk.length; ) from += writeSync(output.descriptor, chunk, from);
        if (isLast) closeSync(output.descriptor);
      } else {
        texts.set(text!, (texts.get(text!) ?? '') + decoder.decode(chunk, { stream: !isLast }));
      }
    };
    file.start();
  });
  unzip.register(UnzipInflate);
  for await (const chunk of createReadStream(wheel, { highWaterMark: 2 ** 20, signal })) {
    unzip.push(chunk as Uint8Array);
    if (failure) throw failure;
  }
  unzip.push(new Uint8Array(0), true);
  checkRecord(texts.get('RECORD'), outputs);
  for (const { path } of outputs.values()) renameSync(`${path}.part`, path);
  return { metadata: texts.get('METADATA') ?? '', files: [...outputs.keys()] };
}

function openOutput(path: string): Output {
  mkdirSync(dirname(path), { recursive: true });
  return { path, descriptor: openSync(`${path}.part`, 'w'), hash: createHash('sha256') };
}

/** Checks the files against RECORD: one line a file, `path,sha256=BASE64URL,size`. */
function checkRecord(record: string | undefined, outputs: ReadonlyMap<string, Output>): void {
  if (record === undefined) throw new Error('the wheel has no RECORD: it is incomplete or damaged');
  const hashes = new Map(
    record.split(/\r?\n/).map((line): [string, string] => {
      const parts = line.split(',');
      return [parts.slice(0, -2).join(','), parts.at(-2) ?? ''];
    }),
  );
  for (const [name, { hash }] of outputs) {
    const digest = `sha256=${hash.digest('base64url')}`;
    if (hashes.get(name) !== digest) throw new Error(`${name} in the wheel does not match its RECORD`);
  }
}
