// `node --import .../register.mjs FILE.ts` runs TypeScript of this repository, for the test files: each is a process of
// its own, and this takes a third of the processor time that tsx takes to start one.
import { register } from 'node:module';

process.setSourceMapsEnabled(true);
register('./hooks.mjs', import.meta.url);
