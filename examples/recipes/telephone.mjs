// For telephones: 8 kHz mu-law in frames of 20 ms (160 bytes), as Twilio's media streams and SIP gateways take it.
// npm install voirs
import { encodeStream, VoirsPipeline } from 'voirs';

const FRAME = 160;

const pipeline = await VoirsPipeline.create({ sampleRate: 8000 });

/** Frames of a text, in base64. */
export async function* frames(text) {
  let rest = new Uint8Array(0);
  for await (const piece of encodeStream(pipeline.stream(text), 'mulaw')) {
    rest = Buffer.concat([rest, piece]);
    while (rest.length >= FRAME) {
      yield Buffer.from(rest.subarray(0, FRAME)).toString('base64');
      rest = rest.subarray(FRAME);
    }
  }
  if (rest.length > 0)
    yield Buffer.concat([rest, Buffer.alloc(FRAME - rest.length, 0xff)]).toString('base64');
}

let count = 0;
for await (const payload of frames('Thank you for calling.')) {
  // socket.send(JSON.stringify({ event: 'media', streamSid, media: { payload } }));
  count += payload.length > 0 ? 1 : 0;
}
console.log(`${count} frames of 20 ms`);
await pipeline.dispose();
