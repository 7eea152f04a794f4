// The worker of vite-main.ts and webpack-main.js: all that it needs.
import { serveWorkerPipeline } from 'voirs';

serveWorkerPipeline();
