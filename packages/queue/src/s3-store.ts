// A bucket of S3, or of anything that speaks its protocol. An object is uploaded in pieces under a temporary name and
// copied to its own when it is whole, so that no reader ever sees a half.
import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { VoirsError } from 'voirs';
import { type ByteRange, checkKey, counted, failed, type Store, type Written } from './store.js';

type Client = import('@aws-sdk/client-s3').S3Client;
type Sdk = typeof import('@aws-sdk/client-s3');
type UploadClass = typeof import('@aws-sdk/lib-storage').Upload;

/** Least size of a piece that S3 takes, and bytes that an upload holds. */
const PIECE_BYTES = 5 * 2 ** 20;

async function sdk(): Promise<{ s3: Sdk; Upload: UploadClass }> {
  try {
    const [s3, { Upload }] = await Promise.all([
      import('@aws-sdk/client-s3'),
      import('@aws-sdk/lib-storage'),
    ]);
    return { s3, Upload };
  } catch (cause) {
    throw new VoirsError('PACKAGE_NOT_FOUND', 'The client of S3 is not installed', {
      suggestion: 'Run npm install @aws-sdk/client-s3 @aws-sdk/lib-storage',
      cause,
    });
  }
}

/**
 * Objects below a prefix. Keys and region come from the environment, as for every program of the SDK; so does
 * AWS_ENDPOINT_URL_S3 for a server of one's own.
 */
export class S3Store implements Store {
  readonly place: string;

  private constructor(
    private readonly client: Client,
    private readonly s3: Sdk,
    private readonly Upload: UploadClass,
    private readonly bucket: string,
    private readonly prefix: string,
  ) {
    this.place = `s3://${bucket}/${prefix}`;
  }

  /** @param place `s3://bucket/prefix`. @throws VoirsError INVALID_OPTIONS, PACKAGE_NOT_FOUND. */
  static async open(place: string): Promise<S3Store> {
    const [, bucket, prefix = ''] =
      /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(.*))?$/.exec(place) ?? [];
    if (bucket === undefined)
      throw new VoirsError('INVALID_OPTIONS', 'The place is no bucket', {
        got: place,
        wanted: 's3://BUCKET/PREFIX',
      });
    const { s3, Upload } = await sdk();
    // Servers of one's own know buckets by path, not by host name.
    const client = new s3.S3Client({
      forcePathStyle: process.env.AWS_ENDPOINT_URL_S3 !== undefined,
      requestChecksumCalculation: 'WHEN_REQUIRED', // many of them do not know checksums that trail the body
    });
    const folder = prefix.replace(/^\/+|\/+$/g, '');
    return new S3Store(client, s3, Upload, bucket, folder === '' ? '' : `${folder}/`);
  }

  async has(key: string): Promise<boolean> {
    try {
      await this.client.send(new this.s3.HeadObjectCommand(this.at(key)));
      return true;
    } catch (error) {
      if (isMissing(error)) return false;
      throw failed(key, 'found', error);
    }
  }

  async read(key: string): Promise<Uint8Array | undefined> {
    try {
      const { Body } = await this.client.send(new this.s3.GetObjectCommand(this.at(key)));
      return await Body?.transformToByteArray();
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw failed(key, 'read', error);
    }
  }

  async *stream(key: string, range?: ByteRange): AsyncGenerator<Uint8Array, void, undefined> {
    const Range = range && `bytes=${range.start}-${range.end}`;
    try {
      const { Body } = await this.client.send(new this.s3.GetObjectCommand({ ...this.at(key), Range }));
      yield* Body as Readable;
    } catch (error) {
      throw failed(key, 'read', error);
    }
  }

  async write(key: string, pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Promise<Written> {
    const written: Written = { bytes: 0, sha256: '' };
    const temporary = this.at(`tmp/${randomUUID()}`);
    let fault: unknown; // of the pieces; the upload would call it an abort
    async function* watched(): AsyncGenerator<Uint8Array, void, undefined> {
      try {
        yield* counted(pieces, written);
      } catch (error) {
        fault = error;
        throw error;
      }
    }
    const Body = Readable.from(watched());
    const upload = new this.Upload({
      client: this.client,
      params: { ...temporary, Body },
      partSize: PIECE_BYTES,
      queueSize: 1,
    });
    try {
      await upload.done();
      await this.client.send(
        new this.s3.CopyObjectCommand({
          ...this.at(key),
          CopySource: encodeURI(`${this.bucket}/${temporary.Key}`),
        }),
      );
    } catch (error) {
      await upload.abort().catch(() => {}); // the bucket's rule for incomplete uploads takes what is left
      throw failed(key, 'written', fault ?? error);
    } finally {
      await this.client.send(new this.s3.DeleteObjectCommand(temporary)).catch(() => {});
    }
    return written;
  }

  async remove(key: string): Promise<void> {
    try {
      await this.client.send(new this.s3.DeleteObjectCommand(this.at(key)));
    } catch (error) {
      throw failed(key, 'removed', error);
    }
  }

  async close(): Promise<void> {
    this.client.destroy();
  }

  private at(key: string): { Bucket: string; Key: string } {
    return { Bucket: this.bucket, Key: this.prefix + checkKey(key) };
  }
}

function isMissing(error: unknown): boolean {
  const { name, $metadata } = error as { name?: string; $metadata?: { httpStatusCode?: number } };
  return name === 'NoSuchKey' || name === 'NotFound' || $metadata?.httpStatusCode === 404;
}
