// app/page.tsx: speaks in the visitor's browser. The files that are loaded at run time lie in public/voirs:
// mkdir -p public/voirs/vendor && cp -R node_modules/voirs/vendor/wasm public/voirs/vendor/
// cp -R node_modules/voirs/weights public/voirs/
'use client';
import { useRef, useState } from 'react';
import { setAssetBase, VoirsPipeline } from 'voirs';

export default function Page() {
  const pipeline = useRef<Promise<VoirsPipeline> | undefined>(undefined);
  const [said, setSaid] = useState('');

  async function speak() {
    setAssetBase('/voirs/');
    pipeline.current ??= VoirsPipeline.create();
    const audio = await (await pipeline.current).synthesize('Hello from this page.');
    setSaid(audio.timeline.words.map(({ text }) => text).join(' '));
    await new Audio(URL.createObjectURL(await audio.toBlob('wav'))).play();
    audio.dispose();
  }

  return (
    <main>
      <button id="speak" type="button" onClick={speak}>
        Speak
      </button>
      <output id="said">{said}</output>
    </main>
  );
}
