// How much waits where: asked when the server says that something changed (live.js), and every few seconds where it does
// not, while the page is seen; unchanged counts cost an empty answer.
import { fill, isBusy } from "./deciding.js";
import { reading, text } from "./reading.js";

const EVERY_MS = 5000;
const EVERY_MS_WHEN_TOLD = 30_000;
let every = EVERY_MS;
let tag = "";
let timer = 0;

export function keepCounts() {
  document.addEventListener("visibilitychange", () => { document.hidden ? clearTimeout(timer) : refreshCounts(); });
  timer = setTimeout(refreshCounts, every);
}

/** Does the server tell us of changes? Else we ask more often. */
export function countsAreTold(told) {
  if (told === (every === EVERY_MS_WHEN_TOLD)) return;
  every = told ? EVERY_MS_WHEN_TOLD : EVERY_MS;
  clearTimeout(timer);
  if (!document.hidden) timer = setTimeout(refreshCounts, every);
}

export async function refreshCounts() {
  clearTimeout(timer);
  try {
    const asked = new URLSearchParams();
    asked.set("view", reading().dataset.view || "");
    for (const id of onPage()) asked.append("comment", id);
    const headers = { Accept: "application/json", ...(tag && { "If-None-Match": tag }) };
    const response = await fetch(`${document.body.dataset.counts}?${asked}`, { headers, cache: "no-store" });
    if (response.ok) {
      tag = response.headers.get("ETag") || "";
      show(await response.json());
    }
  } catch {
    // Offline: old counts stay; the next decision says so.
  }
  clearTimeout(timer);
  if (!document.hidden) timer = setTimeout(refreshCounts, every);
}

/** The comment being read and the few that come next, whose fate others may decide meanwhile. */
const onPage = () => [reading().dataset.comment, ...[...document.querySelectorAll(".below [data-row]")].slice(0, 5).map((each) => each.dataset.row)].filter(Boolean);

function fade(gone) {
  for (const row of document.querySelectorAll(".below [data-row]")) {
    const said = gone[row.dataset.row];
    if (!said || row.classList.contains("gone")) continue;
    row.classList.add("gone");
    row.querySelector(".line").textContent = said;
    setTimeout(() => row.remove(), 4000);
  }
  const said = gone[reading().dataset.comment];
  const place = document.getElementById("taken");
  if (said && place && place.hidden && !isBusy()) {
    place.textContent = text("Taken", { said });
    place.hidden = false;
  }
}

function show(told) {
  fade(told.gone || {});
  for (const place of document.querySelectorAll("[data-count]")) {
    const fresh = told.views[place.dataset.count];
    if (place.textContent !== fresh) place.textContent = fresh;
  }
  document.getElementById("others").textContent = told.others;
  // An empty queue fills itself, without taking the focus from anything.
  const { view, empty } = reading().dataset;
  if (empty !== undefined && view === "pending" && told.waiting && document.activeElement.tagName !== "BUTTON") fill();
}
