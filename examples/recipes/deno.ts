// deno add npm:voirs && deno run -A deno.ts: a server in Deno. Less than -A: --allow-read --allow-env --allow-sys
// --allow-net.
import { toReadableStream, VoirsPipeline } from 'voirs';

const pipeline = await VoirsPipeline.create();
Deno.serve({ port: Number(Deno.env.get('PORT') ?? 3000) }, (request) => {
  const text = new URL(request.url).searchParams.get('text') ?? 'Hello from Deno.';
  const speech = pipeline.stream(text, { signal: request.signal });
  return new Response(toReadableStream(speech, 'wav'), { headers: { 'Content-Type': 'audio/wav' } });
});
