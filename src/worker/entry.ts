// The file of the worker that createWorkerPipeline starts by itself.
import { serveWorkerPipeline } from './serve.js';

serveWorkerPipeline();
