export interface Manifest {
  repository?: string | { url?: string };
  homepage?: string;
}
export function repositoryPage(manifest: Manifest): string;
export function relativeLinks(text: string): string[];
export function withAbsoluteLinks(text: string, page: string, version: string, folder?: string): string;
export function faults(root: string): string[];
