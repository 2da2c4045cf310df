// How many harsh comments were on this screen within an hour, and after how many a break is suggested.
// The number stays in this browser: it is for who reads, not for who counts.
import { onShown, text } from "./reading.js";

const KEY = "moderato-harsh";
const HOUR_MS = 3_600_000;
const CALM_MS = 600_000;
let last = "";

export function suggestBreaks() {
  const after = Number(document.body.dataset.breakAfter);
  if (!after) return;
  onShown((shown) => {
    const { comment, harsh } = shown.dataset;
    if (harsh === undefined || comment === last) return;
    last = comment;
    const seen = [...read(), Date.now()];
    localStorage.setItem(KEY, JSON.stringify(seen));
    const place = document.getElementById("rest");
    place.hidden = seen.length < after;
    if (!place.hidden) place.textContent = text("Break", { n: seen.length });
  });
}

/** The moments of the last hour; ten quiet minutes are a break, and it starts anew. */
function read() {
  let seen = [];
  try {
    seen = JSON.parse(localStorage.getItem(KEY)) || [];
  } catch {
    return [];
  }
  const now = Date.now();
  if (seen.length && now - seen[seen.length - 1] > CALM_MS) return [];
  return seen.filter((at) => now - at < HOUR_MS);
}
