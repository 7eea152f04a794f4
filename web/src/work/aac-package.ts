// The parts of the packages that write AAC, by name, so that the rest is left out of the bundle.
export { registerAacEncoder } from '@mediabunny/aac-encoder';
export {
  AdtsOutputFormat,
  AudioSample,
  AudioSampleSource,
  EncodedAudioPacketSource,
  EncodedPacket,
  Mp4OutputFormat,
  NullTarget,
  Output,
  StreamTarget,
} from 'mediabunny';
