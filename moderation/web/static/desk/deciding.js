// Send a form without leaving the page. Until the server has answered, the comment stays where it is.
import { reading, say, swap, text } from "./reading.js";
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
  const answer = await ask(form.action, { method: "POST", body });
  if (!answer) return;
  const { status, document: told } = answer;
  if (status === 409) {
    swap(told.conflict.html);
    say(text("Conflict"));
    document.getElementById("conflict")?.querySelector("a, button")?.focus();
  } else {
    const done = told.decided || told.skipped || told.undone || { said: "" };
    arrive(told.next, done.said, Boolean(told.undone));
  }
  refreshCounts();
}

/** Show another comment by its address: the next in the queue, or one that was left. */
export async function open(address, { remember = true } = {}) {
  const from = reading().dataset.comment;
  const answer = await ask(address, { method: "GET" });
  if (!answer) return;
  if (remember && from) trail.push(from);
  if (remember) history.pushState(null, "", address);
  arrive(answer.document.next, "", false);
}

/** Back to the comment that was left without deciding. */
export function openLast() {
  const comment = trail.pop();
  if (comment) open(`${location.pathname}?comment=${comment}`, { remember: false });
}

function arrive(next, said, stays) {
  swap(next.html);
  const { name } = reading().dataset;
  if (said) say(next.id ? text("Next", { said, name }) : text("None", { said }));
  if (said && !stays && location.search) history.replaceState(null, "", location.pathname);
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
