// The comment after this one is fetched, and claimed, while this one is read: a decision shows it at once.
import { onShown, reading } from "./reading.js";

const AFTER_MS = 60;
let ahead = null; // {id, html, claimed_at}: what comes after `of`
let of = "";
let timer = 0;

export function keepAhead() {
  onShown(() => {
    clearTimeout(timer);
    if (ahead && of === reading().dataset.comment) return;
    ahead = null;
    timer = setTimeout(ask, AFTER_MS);
  });
}

/** What follows the comment on the page, if it is here already. */
export const following = () => (ahead && of === reading().dataset.comment ? ahead : null);

/** The server told us what comes after this comment. */
export function setAhead(comment, fragment) {
  of = comment;
  ahead = fragment;
}

async function ask() {
  const { ahead: address, comment, filter } = reading().dataset;
  // A decision on its way brings what comes next with its answer.
  if (!address || document.hidden || reading().hasAttribute("aria-busy")) return;
  try {
    const body = new FormData();
    body.set("csrf_token", document.body.dataset.csrf);
    body.set("comment", comment);
    body.set("filter", filter || "");
    const response = await fetch(address, { method: "POST", body, headers: { Accept: "application/json" } });
    if (!response.ok || reading().dataset.comment !== comment) return;
    const told = await response.json();
    if (told.current) {
      reading().dataset.claimedAt = told.current.claimed_at;
      setAhead(comment, told.ahead);
    }
  } catch {
    // Offline: the next comment is asked for when it is needed.
  }
}
