// Runs the containers of examples/deploy as plain processes of this machine, with the commands and the environment that
// the files state and no other: docker or a cluster is not needed.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { freePort } from '../redis.mjs';
import {
  composeContainers,
  composeFolders,
  fleetImage,
  kubernetesContainers,
  readKubernetes,
  resource,
} from './files.mjs';

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** What KEDA asks of Redis for a list (pkg/scalers/redis_scaler.go). */
const KEDA_LENGTH = `
local listType = redis.call('type', KEYS[1]).ok
local cmd = { zset = 'zcard', set = 'scard', list = 'llen', hash = 'hlen', none = 'llen' }
return redis.call(cmd[listType], KEYS[1])`;

/** A machine on which the containers run: folders, ports and addresses in place of the files' own. */
class Place {
  children = new Set();
  folder = mkdtempSync(join(tmpdir(), 'voirs-deploy-'));
  replaced = new Map();
  /** @param installed the folder that stands for the image's, with node_modules/voirs in it */
  constructor(installed) {
    this.image = fleetImage();
    this.installed = installed;
  }

  path(name) {
    const path = join(this.folder, name);
    mkdirSync(path, { recursive: true });
    return path;
  }

  here(text) {
    const { folder } = this.image;
    if (text.startsWith(`${folder}/`)) return this.installed + text.slice(folder.length);
    for (const [there, here] of this.replaced) text = text.replaceAll(there, here);
    return text;
  }

  start(argv, env, options = {}) {
    const [program, ...args] = argv.map((one) => this.here(one));
    const own = Object.fromEntries(
      Object.entries(env).map(([name, value]) => [name, this.here(String(value))]),
    );
    const child = spawn(program === 'node' ? process.execPath : program, args, {
      ...{ cwd: this.installed, env: { PATH: process.env.PATH, HOME: '/nonexistent', ...own } },
      ...{ stdio: ['ignore', 'ignore', 'pipe'], ...options },
    });
    child.words = '';
    child.stderr.on('data', (piece) => {
      child.words = (child.words + piece).slice(-4000);
    });
    this.children.add(child);
    child.on('exit', () => this.children.delete(child));
    return child;
  }

  /** Starts what a container of our image runs. */
  container({ args, env }) {
    return this.start([...this.image.entrypoint, ...args], env);
  }

  /** Runs a container to its end. @throws Error with its last words when it fails. */
  async job(container) {
    const child = this.container(container);
    const [code] = await once(child, 'exit');
    if (code !== 0) throw new Error(`${container.name} ended with ${code}: ${child.words}`);
  }

  /** Waits until something is so; a process that ends meanwhile is an error. */
  async until(what, child, isSo) {
    while (!(await isSo())) {
      if (child.exitCode !== null) throw new Error(`it ended before ${what}: ${child.words}`);
      await sleep(100);
    }
  }

  /** The server of Redis in the place of Valkey, with the arguments of the file. */
  async valkey({ command, args }) {
    const port = await freePort();
    const words = [...command, ...args];
    if (words.shift() !== 'valkey-server') throw new Error('the container of Valkey starts no valkey-server');
    const more = ['--port', String(port), '--bind', '127.0.0.1', '--dir', this.path('valkey')];
    const child = this.start(['redis-server', ...words, ...more], {});
    this.replaced.set('valkey:6379', `127.0.0.1:${port}`);
    this.replaced.set('valkey.voirs.svc:6379', `127.0.0.1:${port}`);
    const password = words[words.indexOf('--requirepass') + 1];
    const redis = new Redis({
      ...{ port, retryStrategy: () => 50, maxRetriesPerRequest: 1 },
      ...(words.includes('--requirepass') ? { password } : {}),
    });
    redis.on('error', () => {});
    await this.until('it answered', child, () =>
      redis.ping().then(
        () => true,
        () => false,
      ),
    );
    return redis;
  }

  /** Ends a process as a supervisor does. @returns seconds that it took. */
  async stop(child) {
    const started = performance.now();
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGTERM');
      await once(child, 'exit');
    }
    return (performance.now() - started) / 1000;
  }

  close() {
    for (const child of this.children) child.kill('SIGKILL');
    rmSync(this.folder, { recursive: true, force: true });
  }
}

const named = (containers, name) => {
  const found = containers.find((one) => one.name === name);
  if (found === undefined) throw new Error(`the file has no ${name}`);
  return found;
};

/** Names and sizes of the files of finished books in a folder. */
function finished(store) {
  const books = join(store, 'books');
  if (!existsSync(books)) return [];
  return readdirSync(books).flatMap((book) => {
    const result = join(books, book, 'result.json');
    return existsSync(result) ? JSON.parse(readFileSync(result, 'utf8')).files : [];
  });
}

/**
 * `docker compose up`, in processes: until the small book is spoken, then down.
 * @param installed see Place
 * @param isWhole also starts the server, and as many workers as the file says
 */
export async function composeUp(installed, { isWhole = true } = {}) {
  const containers = composeContainers(isWhole ? {} : { WORKERS: '1' });
  const place = new Place(installed);
  try {
    for (const [there, here] of Object.entries(composeFolders())) place.replaced.set(there, here);
    const store = place.path('speech');
    place.replaced.set('/speech', store);
    const valkey = named(containers, 'valkey');
    const redis = await place.valkey(valkey);
    redis.disconnect();

    const running = [];
    const start = async (container, port) => {
      place.replaced.set(port, String(await freePort()));
      const child = place.container(container);
      const check = container.check.map((one) => place.here(one)); // before the next one takes the port
      await place.until(`its check passed`, child, async () => {
        const [code] = await once(place.start(check, {}), 'exit');
        return code === 0;
      });
      running.push({ child, container });
    };
    const worker = named(containers, 'worker');
    for (let i = 0; i < worker.replicas; i++) await start(worker, '8881');
    await place.job(named(containers, 'book'));
    await place.until('the book was spoken', running[0].child, () => finished(store).length > 0);
    if (isWhole) await start(named(containers, 'server'), '8880');
    const stopped = [];
    for (const { child, container } of running) {
      const took = await place.stop(child);
      stopped.push({ name: container.name, seconds: took, graceSeconds: container.graceSeconds });
    }
    return { workers: worker.replicas, files: finished(store), stopped };
  } finally {
    place.close();
  }
}

/** What the placeholders of config.yaml become here. */
const SETTINGS = { BUCKET: 'speech', REGION: 'us-east-1', 'SECRET-KEY': 'S3RVER', 'KEY-ID': 'S3RVER' };

/**
 * The resources of Kubernetes, in processes: the book is added, KEDA's question answered, a worker probed and stopped.
 * @param installed see Place
 */
export async function kubernetesUp(installed) {
  const { default: S3rver } = await import('s3rver');
  const containers = kubernetesContainers();
  const place = new Place(installed);
  const port = await freePort();
  const s3 = new S3rver({
    ...{ address: '127.0.0.1', port, silent: true, directory: place.path('s3') },
    configureBuckets: [{ name: SETTINGS.BUCKET, configs: [] }],
  });
  let redis;
  try {
    await s3.run();
    for (const [there, here] of Object.entries(SETTINGS)) place.replaced.set(there, here);
    const resources = readKubernetes();
    const books = place.path('books');
    for (const [name, text] of Object.entries(resource(resources, 'ConfigMap', 'voirs-book').data))
      writeFileSync(join(books, name), text);
    place.replaced.set('/books', books);
    redis = await place.valkey(named(containers, 'valkey'));
    const withS3 = (container) => ({
      ...container,
      env: { ...container.env, AWS_ENDPOINT_URL_S3: `http://127.0.0.1:${port}` },
    });
    await place.job(withS3(named(containers, 'voirs-book')));

    const lengths = {};
    for (const { name, metadata } of resource(resources, 'ScaledObject').spec.triggers)
      lengths[name] = Number(await redis.eval(KEDA_LENGTH, 1, metadata.listName));

    const container = withS3(named(containers, 'voirs-worker'));
    place.replaced.set('8881', String(await freePort()));
    const child = place.container(container);
    const probes = {};
    for (const [kind, { path, port: there }] of Object.entries(container.probes)) {
      const url = `http://127.0.0.1:${place.here(String(there))}${path}`;
      await place.until(`${kind} passed`, child, async () => {
        probes[kind] = await fetch(url).then(
          ({ status }) => status,
          () => 0,
        );
        return probes[kind] === 200;
      });
    }
    const status = async () => {
      const asking = place.start([...place.image.entrypoint, 'queue', 'status', '--json'], container.env, {
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let text = '';
      asking.stdout.on('data', (piece) => {
        text += piece;
      });
      await once(asking, 'close');
      return JSON.parse(text);
    };
    const ids = await redis.zrange('voirs:books', 0, -1);
    await place.until('the book was spoken', child, async () =>
      ['done', 'failed'].includes(await redis.hget(`voirs:book:${ids[0]}`, 'state')),
    );
    const { books: all } = await status();
    const seconds = await place.stop(child);
    const stopped = [{ name: container.name, seconds, graceSeconds: container.graceSeconds }];
    return { lengths, probes, states: all.map(({ state }) => state), stopped };
  } finally {
    redis?.disconnect();
    await s3.close().catch(() => {});
    place.close();
  }
}
