/** A part of a bundle. */
export interface BundledPart {
  name: string;
  /** Absent for what is compiled into a package. */
  version?: string;
  /** SPDX. */
  license: string;
  text: string;
  /** The package that it is compiled into. */
  within?: string;
}
export function packagesOf(metafile: { inputs: Record<string, unknown> }): string[];
export function keepPackages(folder: string, metafiles: { inputs: Record<string, unknown> }[]): void;
export function bundledParts(root: string): BundledPart[];
export function partOf(root: string, name: string): BundledPart;
export function noticesOf(parts: readonly BundledPart[]): string;
export function writeNotices(root: string): void;
