// Turns faults of the device into errors. WebGPU reports a shader that does not compile, a bad binding or a
// lost device long after the call that caused it and goes on computing garbage. So every call is watched, and
// no value leaves the device before all watched calls are known to have succeeded.
import { VoirsError } from '../../errors.js';
import { host } from '../../host/host.js';

const FILTERS: readonly GPUErrorFilter[] = ['out-of-memory', 'internal', 'validation'];

/** Watches one device. */
export class DeviceFaults {
  private readonly watched: Promise<void>[] = [];
  /** The first error that has not been thrown to a caller yet. */
  private fault: GPUError | undefined;
  private lost: GPUDeviceLostInfo | undefined;

  /** @param onLost is told when the device is lost, unless it was destroyed on purpose. */
  constructor(
    private readonly device: GPUDevice,
    onLost: (reason: string) => void = () => {},
  ) {
    void device.lost.then((info) => {
      this.lost = info;
      if (info.reason !== 'destroyed') onLost(this.lostReason!);
    });
    // Errors outside of a watched call, for instance while tensors are freed.
    device.onuncapturederror = ({ error }) => {
      this.fault ??= error;
    };
  }

  /**
   * Runs calls on the device; what they cause is reported by the next `check`.
   * @throws VoirsError when it is lost.
   */
  watch<T>(work: () => T): T {
    this.throwIfLost();
    for (const filter of FILTERS) this.device.pushErrorScope(filter);
    try {
      return work();
    } finally {
      for (const _ of FILTERS) {
        const scope = this.device.popErrorScope().then(
          (error) => {
            if (error) this.fault ??= error;
          },
          () => {}, // a lost device has no scopes; its loss is reported
        );
        this.watched.push(scope);
      }
    }
  }

  /**
   * Waits until all watched calls are done.
   * @throws VoirsError DEVICE_ERROR for the first fault among them.
   */
  async check(): Promise<void> {
    await Promise.all(this.watched.splice(0)); // settled on a lost device too
    this.throwIfLost();
    const { fault } = this;
    if (!fault) return;
    this.fault = undefined;
    throw deviceError(fault);
  }

  /** The error for a read that the device refused. */
  async refusal(error: unknown): Promise<VoirsError> {
    await host.nextTask(); // the device may report its loss a moment later
    try {
      this.throwIfLost();
    } catch (lost) {
      return lost as VoirsError;
    }
    return new VoirsError('DEVICE_ERROR', 'The GPU gave no values back', {
      got: firstLine((error as Error).message),
      suggestion: 'Use the backend "wasm"',
      cause: error,
    });
  }

  private throwIfLost(): void {
    if (!this.lost) return;
    throw new VoirsError('DEVICE_ERROR', 'The GPU device was lost', {
      got: this.lostReason!,
      suggestion:
        'Repeat the call. If it fails again, dispose of its pipelines and create new ones, or use the backend "wasm"',
    });
  }

  /** Why the device is lost; undefined while it works. */
  get lostReason(): string | undefined {
    if (!this.lost) return undefined;
    const { reason, message } = this.lost;
    return [reason, firstLine(message)].filter(Boolean).join(': ') || 'for no stated reason';
  }
}

function deviceError(error: GPUError): VoirsError {
  const outOfMemory = error.constructor.name === 'GPUOutOfMemoryError';
  return new VoirsError(
    'DEVICE_ERROR',
    outOfMemory ? 'The GPU has too little memory' : 'The GPU refused a kernel, so its results are not usable',
    {
      got: firstLine(error.message),
      suggestion: outOfMemory
        ? 'Free memory of the GPU, or use the backend "wasm"'
        : 'Use the backend "wasm", and report this with what "voirs doctor" prints',
      cause: error,
    },
  );
}

function firstLine(message: string): string {
  return message.split('\n', 1)[0]!.trim();
}
