// Send a form without leaving the page. Where the next comment is here already it is shown at once, and the one
// that was left comes back if the server did not take the decision; else the comment stays until it has answered.
import { following, setAhead } from "./ahead.js";
import { putBack, reading, say, shown, swap, text } from "./reading.js";
import { refreshCounts } from "./counts.js";

let busy = false;
const trail = [];

export const isBusy = () => busy;

export function watchForms() {
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("form[data-swap]")) return;
    event.preventDefault();
    send(form, event.submitter);
  });
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-swap-link]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey || event.button) return;
    event.preventDefault();
    open(link.href);
  });
  window.addEventListener("popstate", () => open(location.href, { remember: false }));
}

async function send(form, submitter) {
  const body = new FormData(form);
  if (submitter && submitter.name) body.set(submitter.name, submitter.value);
  body.set("csrf_token", document.body.dataset.csrf);
  if (busy) return;
  const left = leave(form, body);
  const answer = await ask(form.action, { method: "POST", body });
  if (!answer) {
    if (left) comeBack(left);
    return;
  }
  const { status, document: told } = answer;
  if (status === 409) {
    swap(told.conflict.html);
    say(text("Conflict"));
    document.getElementById("conflict")?.querySelector("a, button")?.focus();
  } else {
    settle(told, left);
  }
  refreshCounts();
}

/** Show what comes next before the server has answered; null where it is not here, or the form keeps the comment. */
function leave(form, body) {
  const next = following();
  if (!next || !form.closest("#reading") || form.matches("[data-undo], [data-stays]") || body.has("following")) return null;
  body.set("ahead", next.id);
  const left = reading();
  performance.mark("left");
  swap(next.html);
  reading().dataset.claimedAt = next.claimed_at;
  return left;
}

function comeBack(left) {
  const failed = document.getElementById("failed")?.textContent;
  putBack(left);
  if (failed) fail(failed);
}

function settle(told, left) {
  const done = told.decided || told.skipped || told.escalated || told.answered || told.noted || told.undone || { said: "" };
  if (told.current && left) {
    const { dataset } = reading();
    if (dataset.comment === told.current.id) {
      dataset.claimedAt = told.current.claimed_at;
      dataset.seconds = told.current.seconds;
      document.querySelector(".decide .last")?.replaceWith(parsed(told.current.last));
      setAhead(told.current.id, told.ahead);
      shown();
    }
    say(text("Next", { said: done.said, name: dataset.name }));
    tidyAddress();
    return;
  }
  if (left && told.next?.id) say(text("Gone"));
  arrive(told.next, done.said, Boolean(told.undone || told.noted));
}

function parsed(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content.firstElementChild;
}

/** Show another comment by its address: the next in the queue, or one that was left. */
export async function open(address, { remember = true } = {}) {
  const from = reading().dataset.comment;
  const left = from && addressOf(from);
  const answer = await ask(address, { method: "GET" });
  if (!answer) return;
  if (remember && from) {
    trail.push(from);
    // The browser's own way back leads to the comment that was left, not to whatever the queue shows by then.
    history.replaceState(null, "", left);
  }
  if (remember) history.pushState(null, "", address);
  arrive(answer.document.next, "", false);
}

/** Back to the comment that was left without deciding. */
export function openLast() {
  const comment = trail.pop();
  if (comment) open(addressOf(comment), { remember: false });
}

function addressOf(comment) {
  const { filter } = reading().dataset;
  return `${location.pathname}?comment=${comment}${filter ? `&${filter}` : ""}`;
}

function arrive(next, said, stays) {
  swap(next.html);
  const { name } = reading().dataset;
  if (said) say(next.id ? text("Next", { said, name }) : text("None", { said }));
  if (said && !stays) tidyAddress();
}

/** An empty queue shows what came in; while nothing did, the page stays as it is, focus and all. */
export async function fill() {
  const answer = await ask(queueAddress(), { method: "GET" });
  if (answer?.document.next?.id) arrive(answer.document.next, "", false);
}

function queueAddress() {
  const { filter } = reading().dataset;
  return location.pathname + (filter ? `?${filter}` : "");
}

/** The address names the queue, not a comment that was decided. */
function tidyAddress() {
  if (location.pathname + location.search !== queueAddress()) history.replaceState(null, "", queueAddress());
}

/** The parsed answer; null if there was none to be had, and then the page says why. */
async function ask(address, options) {
  if (busy) return null;
  setBusy(true);
  try {
    const response = await fetch(address, { ...options, headers: { Accept: "application/json" }, redirect: "error" });
    const told = await response.json();
    if (response.ok || response.status === 409) return { status: response.status, document: told };
    fail(response.status === 401 ? text("SignedOut") : told.error || text("Broken"));
  } catch (error) {
    fail(error instanceof SyntaxError ? text("Broken") : text("Offline"));
  } finally {
    setBusy(false);
  }
  return null;
}

function setBusy(state) {
  busy = state;
  reading().toggleAttribute("aria-busy", state);
  if (state) document.getElementById("failed")?.setAttribute("hidden", "");
}

function fail(sentence) {
  const place = document.getElementById("failed");
  if (!place) { say(sentence); return; }
  place.textContent = sentence;
  place.hidden = false;
}
