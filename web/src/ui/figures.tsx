// For the curious: what runs underneath, how fast, and where the memory is.
import { useSignal, useSignalEffect } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { MemoryReport } from '../../../src/memory/report.js';
import { backendNow, lostGpu, pipelineNow } from '../engine/engine.js';
import { speed } from '../engine/renders.js';
import { placeOf, whyThere } from '../engine/where.js';

const mega = (bytes: number | undefined): string =>
  bytes === undefined ? 'unknown' : `${(bytes / 1e6).toFixed(1)} MB`;

export function Figures() {
  const isOpen = useSignal(false);
  const report = useSignal<MemoryReport | undefined>(undefined);
  const look = async (): Promise<void> => {
    const pipeline = pipelineNow.peek();
    if (!pipeline) return;
    try {
      report.value = await pipeline.memoryReport();
    } catch {} // it has been replaced in the meantime
  };
  useSignalEffect(() => {
    pipelineNow.value;
    if (isOpen.value) void look();
  });
  useEffect(() => {
    const timer = setInterval(() => isOpen.peek() && void look(), 1000);
    return () => clearInterval(timer);
  }, []);
  return (
    <details class="panel figures" onToggle={(event) => (isOpen.value = event.currentTarget.open)}>
      <summary>For the curious</summary>
      {isOpen.value && <Table report={report.value} />}
    </details>
  );
}

function Table({ report }: { report: MemoryReport | undefined }) {
  const backend = backendNow.value;
  const made = speed.value;
  const rows: [string, string][] = [
    ['Runs on', backend ? `the ${placeOf(backend)} (${backend.name})` : 'not loaded yet'],
    ['Threads', backend ? `${backend.threads}` : '–'],
    [
      'Last sentence',
      made ? `${made.seconds.toFixed(1)} s of speech in ${(made.ms / 1000).toFixed(2)} s` : '–',
    ],
    ['Real-time factor', made ? (made.ms / 1000 / made.seconds).toFixed(3) : '–'],
    ['Time to its first sound', made ? `${Math.round(made.firstMs)} ms` : '–'],
  ];
  const settings = report?.configuration?.serializedBytes;
  const layers: [string, string][] = report
    ? [
        ['JavaScript objects', mega(report.runtime?.heapUsedBytes)],
        ['WebAssembly memory', mega(report.native?.wasmHeapBytes)],
        ['Audio arena', `${mega(report.audio?.usedBytes)} of ${mega(report.audio?.capacityBytes)}`],
        [
          'Weights, results',
          `${mega(report.modelCache?.weightsBytes)}, ${mega(report.modelCache?.results?.bytes)}`,
        ],
        ['Settings', settings === undefined ? 'unknown' : `${settings} bytes`],
      ]
    : [];
  const body = (list: [string, string][]) =>
    list.map(([name, value]) => (
      <tr key={name}>
        <th scope="row">{name}</th>
        <td>{value}</td>
      </tr>
    ));
  return (
    <>
      <table>
        <caption>Speed</caption>
        <tbody>{body(rows)}</tbody>
      </table>
      {backend && <p class="note">{whyThere(backend, lostGpu.value)}</p>}
      {backend?.threadsReason && <p class="note">One thread, because {backend.threadsReason}.</p>}
      {layers.length > 0 && (
        <table>
          <caption>Memory, in five layers</caption>
          <tbody>{body(layers)}</tbody>
        </table>
      )}
    </>
  );
}
