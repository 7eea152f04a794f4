// The version of the package, as the OpenAPI document and logs state it.
import { readFileSync } from 'node:fs';

const manifest = readFileSync(new URL('../package.json', import.meta.url), 'utf8');

export const SERVER_VERSION = (JSON.parse(manifest) as { version: string }).version;
