// app/api/speech/route.ts: a route handler that answers with WAV while it is being made. Nothing is to be set in
// next.config; where the output is traced ("standalone", Vercel), add
// outputFileTracingIncludes: { '/api/speech': ['./node_modules/voirs/{vendor,weights}/**'] }.
import { toReadableStream, VoirsPipeline } from 'voirs';

export const runtime = 'nodejs';

let loading: Promise<VoirsPipeline> | undefined;

export async function GET(request: Request): Promise<Response> {
  const text = new URL(request.url).searchParams.get('text');
  if (!text) return new Response('text is missing', { status: 400 });
  loading ??= VoirsPipeline.create(); // on the first request, then kept
  const speech = (await loading).stream(text, { signal: request.signal });
  return new Response(toReadableStream(speech, 'wav'), { headers: { 'Content-Type': 'audio/wav' } });
}
