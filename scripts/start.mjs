// npm start -- "TEXT": speaks on a fresh clone, without any set-up. Arguments are those of `voirs say`.
import { prepare } from './prepare.mjs';

prepare();
const given = process.argv.slice(2);
const text = given.length === 0 ? ['Hello, world. This is voirs speaking.'] : given;
const program = new URL('../dist/cli/main.js', import.meta.url);
process.argv = [process.execPath, program.pathname, 'say', ...text];
await import(program.href);
