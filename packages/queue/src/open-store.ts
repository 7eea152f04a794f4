// Opens the store that an address names; the client of S3 is loaded only for a bucket.
import { FolderStore } from './folder-store.js';
import type { Store } from './store.js';

/** Opens `s3://bucket/prefix` or a folder. @throws VoirsError PACKAGE_NOT_FOUND when the client of S3 is missing. */
export async function openStore(place: string): Promise<Store> {
  if (!place.startsWith('s3://')) return new FolderStore(place);
  const { S3Store } = await import('./s3-store.js');
  return S3Store.open(place);
}
