// bun add voirs && bun run bun.ts: a server in Bun.
import { toReadableStream, VoirsPipeline } from 'voirs';

const pipeline = await VoirsPipeline.create();
const server = Bun.serve({
  port: Number(process.env.PORT ?? 3000),
  fetch(request) {
    const text = new URL(request.url).searchParams.get('text') ?? 'Hello from Bun.';
    const speech = pipeline.stream(text, { signal: request.signal });
    return new Response(toReadableStream(speech, 'wav'), { headers: { 'Content-Type': 'audio/wav' } });
  },
});
console.log(`${server.url}?text=Hello`);
