// Runs the classic script in the page, and in a worker made of a blob, without a base for the assets and with
// one.
import type { ClassicAnswer } from './classic-program.js';

export interface ClassicAnswers {
  page: ClassicAnswer[];
  worker: ClassicAnswer[];
}

export async function run(): Promise<ClassicAnswers> {
  const script = Object.assign(document.createElement('script'), { src: '/classic.js' });
  const loaded = new Promise((resolve) => script.addEventListener('load', resolve));
  document.head.append(script);
  await loaded;
  const { speakClassic } = globalThis as unknown as {
    speakClassic(base: string | null): Promise<ClassicAnswer>;
  };
  const bases = [null, `${location.origin}/package/`];
  const page: ClassicAnswer[] = [];
  for (const base of bases) page.push(await speakClassic(base));

  const source = await (await fetch('/classic.js')).text();
  const worker = new Worker(URL.createObjectURL(new Blob([source], { type: 'text/javascript' })));
  const answers: ClassicAnswer[] = [];
  for (const base of bases) {
    answers.push(
      await new Promise<ClassicAnswer>((resolve, reject) => {
        worker.onmessage = ({ data }) => resolve(data);
        worker.onerror = ({ message }) => reject(new Error(message));
        worker.postMessage(base);
      }),
    );
  }
  worker.terminate();
  return { page, worker: answers };
}
