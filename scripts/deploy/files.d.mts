/** A resource of Kubernetes, as its file has it. */
export interface Resource {
  kind: string;
  metadata: { name: string };
  stringData?: Record<string, string>;
  // biome-ignore lint/suspicious/noExplicitAny: each kind has a form of its own
  spec: any;
}
export interface Container {
  name: string;
  image: string;
  command: string[];
  args: string[];
  env: Record<string, string>;
  replicas: number;
  graceSeconds: number;
  check: string[] | undefined;
  probes: Record<string, { path: string; port: number }>;
}
export function composeContainers(environment?: Record<string, string>): Container[];
export function kubernetesContainers(): Container[];
export function readKubernetes(): Resource[];
export function resource(resources: readonly Resource[], kind: string, name?: string): Resource;
