// npm run release:check: refuses a release whose package.json names no repository or homepage, whose README has
// links that are dead on npm, or whose changes are not written down. npm runs it before every publish.
import { fileURLToPath } from 'node:url';
import { faults } from './facts.mjs';

const found = faults(process.argv[2] ?? fileURLToPath(new URL('../..', import.meta.url)));
for (const fault of found) console.error(`not to be published: ${fault}`);
if (found.length > 0) process.exitCode = 1;
else console.log('ready to be published');
