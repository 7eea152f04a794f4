// s3rver, a server of S3 for tests, has no types.
declare module 's3rver';
