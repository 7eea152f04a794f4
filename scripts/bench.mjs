// npm run bench: prepares a fresh clone (install, build), then runs bench/run.ts with the given arguments.
import { runTool } from './tool.mjs';

runTool('tsx', ['bench/run.ts', ...process.argv.slice(2)]);
