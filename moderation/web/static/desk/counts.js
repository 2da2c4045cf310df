// How much waits where: asked every few seconds while the page is seen; unchanged counts cost an empty answer.
import { open } from "./deciding.js";
import { reading } from "./reading.js";

const EVERY_MS = 5000;
let tag = "";
let timer = 0;

export function keepCounts() {
  document.addEventListener("visibilitychange", () => { document.hidden ? clearTimeout(timer) : refreshCounts(); });
  timer = setTimeout(refreshCounts, EVERY_MS);
}

export async function refreshCounts() {
  clearTimeout(timer);
  try {
    const headers = { Accept: "application/json", ...(tag && { "If-None-Match": tag }) };
    const response = await fetch(document.body.dataset.counts, { headers, cache: "no-store" });
    if (response.ok) {
      tag = response.headers.get("ETag") || "";
      show(await response.json());
    }
  } catch {
    // Offline: old counts stay; the next decision says so.
  }
  clearTimeout(timer);
  if (!document.hidden) timer = setTimeout(refreshCounts, EVERY_MS);
}

function show(told) {
  for (const place of document.querySelectorAll("[data-count]")) {
    const fresh = told.views[place.dataset.count];
    if (place.textContent !== fresh) place.textContent = fresh;
  }
  document.getElementById("others").textContent = told.others;
  // An empty queue fills itself, without taking the focus from anything.
  const { view, empty } = reading().dataset;
  if (empty !== undefined && view === "pending" && told.waiting && document.activeElement.tagName !== "BUTTON") {
    open(location.pathname, { remember: false });
  }
}
