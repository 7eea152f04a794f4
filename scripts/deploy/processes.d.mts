interface Stopped {
  name: string;
  seconds: number;
  graceSeconds: number;
}
export function composeUp(
  installed: string,
  options?: { isWhole?: boolean },
): Promise<{ workers: number; files: { name: string; bytes: number }[]; stopped: Stopped[] }>;
export function kubernetesUp(installed: string): Promise<{
  lengths: Record<string, number>;
  probes: Record<string, number>;
  states: string[];
  stopped: Stopped[];
}>;
