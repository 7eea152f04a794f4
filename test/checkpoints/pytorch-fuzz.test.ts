// If this fails, a damaged or hostile checkpoint crashes the host program instead of failing with a reason.

import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { suite } from 'uvu';
import { readPyTorch } from '../../src/checkpoints/pytorch.js';
import { failsOnlyAsVoirs } from './expect-error.js';
import * as torch from './torch-save.js';

const test = suite('pytorch fuzz');

const small = torch.checkpoint(
  torch.dict({
    generator: torch.dict({ w: torch.tensor({ key: '0', count: 2, shape: [2], strides: [1] }) }),
  }),
  { 0: torch.floats(1, 2) },
);

const smallStream = torch.stream(
  torch.dict({ w: torch.tensor({ key: '0', count: 2, shape: [2], strides: [1] }) }),
  { 0: { count: 2, bytes: torch.floats(1, 2) } },
);

test('refuses any bytes behind either magic with a VoirsError', () => {
  const magics = [
    [0x50, 0x4b, 3, 4],
    [0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e],
  ];
  fc.assert(
    fc.property(fc.constantFrom(...magics), fc.uint8Array({ maxLength: 200 }), (magic, bytes) =>
      failsOnlyAsVoirs(() => readPyTorch(Uint8Array.of(...magic, ...bytes))),
    ),
    { numRuns: 500 },
  );
});

test('reads any pickle in a sound archive, or refuses it with a VoirsError', () => {
  const opcodes = fc.oneof(
    fc.constantFrom(
      ...'.(0]}tsue)ab2QRNX\x81\x85\x86\x87\x88\x89\x93\x94'.split('').map((c) => [c.charCodeAt(0)]),
    ),
    fc.tuple(fc.constantFrom(0x4b, 0x68, 0x71, 0x80, 0x8a), fc.nat(8)),
    fc.constantFrom(...['storage', '0'].map((name) => [...torch.pickle(torch.text(name))])),
    fc.constantFrom(
      [...torch.pickle(torch.global('collections', 'OrderedDict'))],
      [...torch.pickle(torch.global('torch', 'FloatStorage'))],
      [...torch.pickle(torch.global('torch._utils', '_rebuild_tensor_v2'))],
    ),
  );
  fc.assert(
    fc.property(fc.array(opcodes, { maxLength: 60 }), (pieces) =>
      failsOnlyAsVoirs(() =>
        readPyTorch(torch.checkpoint(Uint8Array.from(pieces.flat()), { 0: torch.floats(1) })),
      ),
    ),
    { numRuns: 500 },
  );
});

test('reads mutated or cut files, or refuses them with a VoirsError', () => {
  const fixture = new Uint8Array(readFileSync(new URL('../fixtures/hifigan-v3-tiny.pth', import.meta.url)));
  const change = fc.tuple(fc.nat(), fc.nat(255));
  const property = fc.property(
    fc.constantFrom(small, smallStream, fixture),
    fc.array(change, { minLength: 1, maxLength: 6 }),
    fc.boolean(),
    fc.nat(400),
    (original, changes, fromEnd, cut) => {
      const bytes = original.slice(0, original.length - (cut > 200 ? cut : 0));
      const reach = Math.min(bytes.length, 9000); // the pickle at the start, the directory at the end
      for (const [at, value] of changes)
        bytes[fromEnd ? bytes.length - 1 - (at % reach) : at % reach] = value;
      return failsOnlyAsVoirs(() => readPyTorch(bytes));
    },
  );
  fc.assert(property, { numRuns: 400 });
});

test.run();
