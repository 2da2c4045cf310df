// The server says when something changed, and then we ask what. It may have no place for us, or something between us and
// it may keep its words back: then we ask every few seconds, and try again later.
import { countsAreTold, refreshCounts } from "./counts.js";

const SILENT_AFTER_MS = 35_000;
const TRY_AGAIN_MS = 60_000;
// Counts are kept for a second by the server: what changed just before is in them by then.
const ONCE_MORE_MS = 1500;
let source = null;
let heardAt = 0;
let asking = 0;
let again = 0;

export function keepLive() {
  if (!window.EventSource || !document.body.dataset.live) return;
  document.addEventListener("visibilitychange", () => { document.hidden ? stop() : listen(); });
  setInterval(() => { if (source && performance.now() - heardAt > SILENT_AFTER_MS) countsAreTold(false); }, 5000);
  listen();
}

function listen() {
  clearTimeout(again);
  if (source || document.hidden) return;
  source = new EventSource(document.body.dataset.live);
  // What changed before it listened was told to nobody.
  source.addEventListener("hello", () => { heard(); ask(); });
  source.addEventListener("beat", heard);
  source.addEventListener("changed", () => { heard(); ask(); });
  source.addEventListener("error", () => {
    countsAreTold(false);
    // Else the browser connects again by itself.
    if (source.readyState === EventSource.CLOSED) {
      stop();
      again = setTimeout(listen, TRY_AGAIN_MS);
    }
  });
}

function stop() {
  clearTimeout(again);
  source?.close();
  source = null;
  countsAreTold(false);
}

function heard() {
  heardAt = performance.now();
  countsAreTold(true);
}

/** At once, so that a comment that is gone fades; and once more for the counts, however many changes there are. */
function ask() {
  if (asking) return;
  refreshCounts();
  asking = setTimeout(() => { asking = 0; refreshCounts(); }, ONCE_MORE_MS);
}
