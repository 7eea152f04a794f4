export function joined(text: string, version: string): string;
export function nextVersion(root: string): string | undefined;
