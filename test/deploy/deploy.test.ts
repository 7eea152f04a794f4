// If this fails, who follows examples/deploy gets containers that do not start, are never well, or do not scale.
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  composeContainers,
  kubernetesContainers,
  type Resource,
  readKubernetes,
  resource,
} from '../../scripts/deploy/files.mjs';
import { composeUp, kubernetesUp } from '../../scripts/deploy/processes.mjs';
import { hasRedis, REDIS_ADVICE } from '../../scripts/redis.mjs';

const test = suite('deployment');
const resources = readKubernetes();
const worker = resource(resources, 'Deployment', 'voirs-worker');

/** Values of a name anywhere in a resource. */
function valuesOf(value: unknown, name: string): unknown[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [
    ...(key === name ? [inner] : []),
    ...valuesOf(inner, name),
  ]);
}

test('names only secrets, settings and workers that are there', () => {
  for (const one of resources) {
    for (const reference of valuesOf(one, 'secretKeyRef') as { name: string; key: string }[])
      assert.ok(reference.key in resource(resources, 'Secret', reference.name).stringData!);
    for (const reference of valuesOf(one, 'configMapRef') as { name: string }[])
      resource(resources, 'ConfigMap', reference.name);
    for (const reference of valuesOf(one, 'authenticationRef') as { name: string }[])
      resource(resources, 'TriggerAuthentication', reference.name);
    for (const target of valuesOf(one, 'scaleTargetRef') as { name: string }[])
      resource(resources, 'Deployment', target.name);
  }
  const { labels } = worker.spec.template.metadata;
  const budget = resource(resources, 'PodDisruptionBudget') as Resource;
  assert.equal(budget.spec.selector.matchLabels, labels);
  assert.equal(worker.spec.selector.matchLabels, labels);
});

test('lets no container be root, write its image or gain rights', () => {
  const pods = resources.filter(({ spec }) => spec?.template?.spec?.containers);
  assert.is(pods.length, 3);
  for (const { spec } of pods) {
    const pod = spec.template.spec;
    assert.is(pod.securityContext.runAsNonRoot, true);
    for (const { securityContext } of pod.containers) {
      assert.is(securityContext.readOnlyRootFilesystem, true);
      assert.is(securityContext.allowPrivilegeEscalation, false);
      assert.equal(securityContext.capabilities.drop, ['ALL']);
    }
  }
});

test('gives workers the time that closing one takes', () => {
  // What closing waits for Redis at most (worker.ts), twice.
  const graces = [...composeContainers(), ...kubernetesContainers()]
    .filter(({ args }) => args.includes('work'))
    .map(({ graceSeconds }) => graceSeconds);
  assert.equal(graces, [30, 30]);
});

if (!hasRedis()) console.log(`SKIP no Redis: ${REDIS_ADVICE}`);
else {
  test('speaks the small book with the commands of both files', async () => {
    // Stands for the image's folder: the packed packages are installed there by npm run deploy:check.
    const installed = mkdtempSync(join(tmpdir(), 'voirs-image-'));
    mkdirSync(join(installed, 'node_modules'));
    symlinkSync(fileURLToPath(new URL('../..', import.meta.url)), join(installed, 'node_modules', 'voirs'));
    const [compose, kubernetes] = await Promise.all([
      composeUp(installed, { isWhole: false }),
      kubernetesUp(installed),
    ]);
    rmSync(installed, { recursive: true });
    assert.equal(compose.files.map(({ name }) => name).sort(), ['lamps.mp3', 'lamps.vtt']);
    assert.equal(kubernetes.states, ['done']);
    assert.equal(kubernetes.probes, { startupProbe: 200, readinessProbe: 200, livenessProbe: 200 });
    // KEDA finds the part that waits; no worker is at work yet.
    assert.equal(kubernetes.lengths, { waiting: 1, speaking: 0, joining: 0 });
  });
}

test.run();
