// What is going on, in one line of plain words.
import { backendNow, loading, lostGpu } from '../engine/engine.js';
import { problem } from '../engine/playback.js';
import { placeOf } from '../engine/where.js';
import { notice } from '../state/view.js';

const mega = (bytes: number): string => (bytes / 1e6).toFixed(1);

export function Status() {
  const now = loading.value;
  const share = now.stage === 'loading' && now.totalBytes > 0 ? now.loadedBytes / now.totalBytes : undefined;
  return (
    <div class="status" role="status">
      {now.stage === 'loading' && (
        <>
          <progress
            aria-label="Loading the voice"
            {...(share === undefined ? {} : { value: share, max: 1 })}
          />
          <span>
            {share === undefined || share >= 1
              ? 'Preparing the voice …'
              : `Loading the voice: ${mega(now.loadedBytes)} of ${mega(now.totalBytes)} MB`}
          </span>
        </>
      )}
      {now.stage === 'ready' && <span class="calm">{readyWords()}</span>}
    </div>
  );
}

function readyWords(): string {
  const backend = backendNow.value;
  if (!backend) return 'Ready · on your device';
  const place = `Ready · on your ${placeOf(backend)}`;
  return lostGpu.value ? `${place}, as the graphics card has gone` : place;
}

/** Problems and news, over the player. */
export function Notices() {
  const failed = loading.value.stage === 'failed' ? loading.value.message : undefined;
  const trouble = failed ?? problem.value;
  const news = notice.value;
  return (
    <div class="notices">
      {trouble && (
        <div class="notice problem" role="alert">
          <Told
            text={
              failed === undefined
                ? 'The speech broke off. Press play to try again.'
                : 'The voice could not be loaded. Check your connection and press play again.'
            }
            details={trouble}
          />
          <button type="button" class="outline" onClick={dismiss}>
            Close
          </button>
        </div>
      )}
      {news && (
        <div class={news.isProblem ? 'notice problem' : 'notice'} role={news.isProblem ? 'alert' : 'status'}>
          <Told text={news.text} details={news.details} />
          {news.isProblem && (
            <button type="button" class="outline" onClick={() => (notice.value = undefined)}>
              Close
            </button>
          )}
        </div>
      )}
    </div>
  );
}

function dismiss(): void {
  problem.value = undefined;
  if (loading.value.stage === 'failed') loading.value = { stage: 'none' };
}

/** A sentence for people, with the library's own words behind it. */
function Told({ text, details }: { text: string; details: string | undefined }) {
  if (details === undefined) return <p>{text}</p>;
  return (
    <div>
      <p>{text}</p>
      <details>
        <summary>Details</summary>
        <p>{details}</p>
      </details>
    </div>
  );
}
