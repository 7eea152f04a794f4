// Finds a GPU (the browser's navigator.gpu, or in Node the optional package `webgpu`) and opens a device with
// the limits that its adapter allows.
import type { GpuGlobals } from '#tf-webgpu';
import { VoirsError } from '../../errors.js';
import type { GpuEntry } from './dawn.js';

/** An open device. */
export interface Gpu {
  readonly device: GPUDevice;
  readonly info: AdapterInfo;
  /** Kept with the device, because Dawn ends all its devices when the entry is collected. */
  readonly entry: GpuEntry;
}

/** An adapter's description of itself; each field may be empty where a browser hides it. */
export interface AdapterInfo {
  vendor: string;
  architecture: string;
  device: string;
  description: string;
}

/** Names of software adapters, which compute on the processor. */
const SOFTWARE = /swiftshader|llvmpipe|lavapipe|basic render|software/i;

/** Whether an adapter computes on the processor. */
export function isSoftware(info: AdapterInfo): boolean {
  return SOFTWARE.test(`${info.architecture} ${info.device} ${info.description}`);
}

/** A name of the adapter for messages. */
export function adapterName({ vendor, architecture, device, description }: AdapterInfo): string {
  return description || [vendor, architecture, device].filter(Boolean).join(' ') || 'a GPU without a name';
}

/** The runtime's WebGPU, or the reason why there is none. */
export async function findGpu(): Promise<GpuEntry | { reason: string }> {
  const globals = globalThis as unknown as GpuGlobals & { navigator?: { gpu?: GPU } };
  // Some runtimes have navigator.gpu without WebGPU's classes.
  if (globals.navigator?.gpu && globals.GPUBufferUsage) return { gpu: globals.navigator.gpu, globals };
  if (typeof process === 'object' && process.versions?.node) {
    const { loadDawn } = await import('./dawn.js');
    return loadDawn();
  }
  return {
    reason:
      'this browser has no WebGPU (no navigator.gpu); use one that has it, over https or on localhost, or the ' +
      'backend "wasm"',
  };
}

async function findAdapter(entry: GpuEntry): Promise<GPUAdapter | { reason: string }> {
  const adapter = await entry.gpu.requestAdapter({ powerPreference: 'high-performance' });
  return (
    adapter ?? {
      reason:
        'there is WebGPU but no adapter; install the driver of the GPU (on Linux one with Vulkan), turn on hardware ' +
        'acceleration in the browser, or use the backend "wasm"',
    }
  );
}

async function infoOf(adapter: GPUAdapter): Promise<AdapterInfo> {
  const { info } = adapter as GPUAdapter & { info?: AdapterInfo };
  const { vendor = '', architecture = '', device = '', description = '' } = info ?? {};
  return { vendor, architecture, device, description };
}

/** Whether there is an adapter here and which, or the reason why there is none. */
export async function probeGpu(): Promise<
  { available: true; info: AdapterInfo } | { available: false; reason: string }
> {
  const entry = await findGpu();
  if ('reason' in entry) return { available: false, reason: entry.reason };
  const adapter = await findAdapter(entry);
  if ('reason' in adapter) return { available: false, reason: adapter.reason };
  return { available: true, info: await infoOf(adapter) };
}

/** @throws VoirsError DEVICE_ERROR when there is no WebGPU, no adapter, or the adapter gives no device. */
export async function openGpu(): Promise<Gpu> {
  const refuse = (got: string, cause?: unknown): never => {
    throw new VoirsError('DEVICE_ERROR', 'The webgpu backend cannot run here', { got, cause });
  };
  const entry = await findGpu();
  if ('reason' in entry) return refuse(entry.reason);
  const adapter = await findAdapter(entry);
  if ('reason' in adapter) return refuse(adapter.reason);
  const { limits, features } = adapter;
  try {
    const device = await adapter.requestDevice({
      requiredFeatures: features.has('timestamp-query') ? ['timestamp-query'] : [],
      // The same limits as the stock backend asks for: its kernels use them.
      requiredLimits: {
        maxComputeWorkgroupStorageSize: limits.maxComputeWorkgroupStorageSize,
        maxComputeWorkgroupsPerDimension: limits.maxComputeWorkgroupsPerDimension,
        maxStorageBufferBindingSize: limits.maxStorageBufferBindingSize,
        maxBufferSize: limits.maxBufferSize,
        maxComputeWorkgroupSizeX: limits.maxComputeWorkgroupSizeX,
        maxComputeInvocationsPerWorkgroup: limits.maxComputeInvocationsPerWorkgroup,
      },
    });
    return { device, info: await infoOf(adapter), entry };
  } catch (error) {
    return refuse(`the adapter gave no device: ${(error as Error).message}`, error);
  }
}
