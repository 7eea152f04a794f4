// Declarations of vendor/tf-node.js: only what src/backends/tensorflow uses.
export declare const tfjs: Readonly<Record<string, unknown>>;
