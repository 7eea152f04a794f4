// What the recipes take from elsewhere, so that they compile without frameworks: bench -- everywhere runs them
// with the real ones.
declare module 'express';
declare module 'fastify';
declare module 'electron';
declare module 'react' {
  export function useRef<T>(value: T): { current: T };
  export function useState<T>(value: T): [T, (value: T) => void];
}
declare namespace JSX {
  interface IntrinsicElements {
    [element: string]: unknown;
  }
}
declare const Bun: {
  serve(options: { port: number; fetch(request: Request): Response | Promise<Response> }): { url: URL };
};
declare const Deno: {
  env: { get(name: string): string | undefined };
  serve(options: { port: number }, answer: (request: Request) => Response | Promise<Response>): void;
};
