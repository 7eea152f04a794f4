// What the files of examples/deploy say: which containers there are, what each runs, with which environment, and how it is
// probed. The checks run that, so that the files and the program cannot drift apart.
import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse, parseAllDocuments } from 'yaml';

const root = fileURLToPath(new URL('../..', import.meta.url));
const deploy = join(root, 'examples', 'deploy');
export const composeFile = join(deploy, 'compose.yaml');
export const kubernetesFolder = join(deploy, 'kubernetes');
const dockerfile = join(root, 'packages', 'server', 'docker', 'Dockerfile');

/**
 * @typedef {object} Container
 * @property {string} name
 * @property {string} image
 * @property {string[]} command what stands before the arguments; empty: the image's own
 * @property {string[]} args
 * @property {Record<string, string>} env
 * @property {number} replicas
 * @property {number} graceSeconds
 * @property {string[] | undefined} check a command that says whether it is well
 * @property {Record<string, { path: string, port: number }>} probes by kind
 */

/** The stage `fleet` of the Dockerfile: what its image starts, and the packages that npm installs into it. */
export function fleetImage() {
  const stage = readFileSync(dockerfile, 'utf8')
    .split(/^FROM /m)
    .find((one) => / AS fleet\n/.test(one))
    .replaceAll('\\\n', ' ');
  const [, install] = /npm install (.*?)&&/.exec(stage);
  const words = install.trim().split(/\s+/);
  return {
    entrypoint: JSON.parse(/^ENTRYPOINT (.*)$/m.exec(stage)[1]),
    folder: /^WORKDIR (.*)$/m.exec(stage)[1],
    options: words.filter((word) => word.startsWith('-')),
    packages: words.filter((word) => !word.startsWith('-') && !word.startsWith('/packed')),
  };
}

/** ${NAME:-default} of compose files. */
function interpolated(text, environment) {
  return text.replace(
    /\$\{(\w+)(?::-([^}]*))?\}/g,
    (_, name, otherwise) => environment[name] ?? otherwise ?? '',
  );
}

const seconds = (text) => Number(/^(\d+)s$/.exec(text ?? '10s')[1]);

export function readCompose(environment = {}) {
  return parse(interpolated(readFileSync(composeFile, 'utf8'), environment), { merge: true });
}

/** @returns {Container[]} */
export function composeContainers(environment) {
  return Object.entries(readCompose(environment).services).map(([name, service]) => ({
    name,
    image: service.image,
    command: [],
    args: service.command,
    env: service.environment ?? {},
    replicas: service.deploy?.replicas ?? 1,
    graceSeconds: seconds(service.stop_grace_period),
    check: service.healthcheck?.test.slice(1),
    probes: {},
  }));
}

/** Folders of this machine by their path in a container, where a compose file mounts them. */
export function composeFolders() {
  const { services } = readCompose();
  const mounts = Object.values(services).flatMap(({ volumes = [] }) => volumes.map((one) => one.split(':')));
  return Object.fromEntries(
    mounts
      .filter(([source]) => source.startsWith('.'))
      .map(([source, target]) => [target, resolve(dirname(composeFile), source)]),
  );
}

/** All resources of the kustomization. */
export function readKubernetes() {
  const { resources } = parse(readFileSync(join(kubernetesFolder, 'kustomization.yaml'), 'utf8'));
  return resources.flatMap((file) =>
    parseAllDocuments(readFileSync(join(kubernetesFolder, file), 'utf8')).map((one) => one.toJS()),
  );
}

/** The value of a resource, as `kubectl get KIND NAME` gives it. */
export function resource(resources, kind, name) {
  const found = resources.find(
    (one) => one.kind === kind && (name === undefined || one.metadata.name === name),
  );
  if (found === undefined) throw new Error(`no ${kind} ${name ?? ''}`);
  return found;
}

/** Values of variables, with the names of pods made up; $(NAME) stands for one that comes before. */
function environmentOf(container, resources) {
  const env = {};
  for (const { configMapRef, secretRef } of container.envFrom ?? []) {
    Object.assign(
      env,
      configMapRef && resource(resources, 'ConfigMap', configMapRef.name).data,
      secretRef && resource(resources, 'Secret', secretRef.name).stringData,
    );
  }
  for (const { name, value, valueFrom } of container.env ?? []) {
    const secret = valueFrom?.secretKeyRef;
    if (value !== undefined) env[name] = expanded(value, env);
    else if (secret) env[name] = resource(resources, 'Secret', secret.name).stringData[secret.key];
    else env[name] = 'pod-1';
  }
  return env;
}

const expanded = (text, env) => text.replace(/\$\((\w+)\)/g, (whole, name) => env[name] ?? whole);

/** @returns {Container[]} one for each pod's container. */
export function kubernetesContainers() {
  const resources = readKubernetes();
  return resources
    .filter(({ kind }) => ['Deployment', 'StatefulSet', 'Job'].includes(kind))
    .flatMap(({ metadata, spec }) => {
      const pod = spec.template.spec;
      return pod.containers.map((container) => {
        const env = environmentOf(container, resources);
        const ports = Object.fromEntries((container.ports ?? []).map((one) => [one.name, one.containerPort]));
        const probes = ['startupProbe', 'readinessProbe', 'livenessProbe']
          .filter((kind) => container[kind]?.httpGet)
          .map((kind) => {
            const { path, port } = container[kind].httpGet;
            return [kind, { path, port: ports[port] ?? port }];
          });
        return {
          name: metadata.name,
          image: container.image,
          command: container.command ?? [],
          args: container.args.map((one) => expanded(one, env)),
          env,
          replicas: 1,
          graceSeconds: pod.terminationGracePeriodSeconds ?? 30,
          check: undefined,
          probes: Object.fromEntries(probes),
        };
      });
    });
}
