// The part of s3rver, a server of S3 for tests, that is used here.
declare module 's3rver' {
  class S3rver {
    constructor(options: object);
    run(): Promise<unknown>;
    close(): Promise<void>;
  }

  export { S3rver as default };
}
