// One key a decision. Keys do nothing in fields, with a modifier, while held down, or before a comment could be read.
import { isBusy, openLast } from "./deciding.js";
import { shownFor } from "./reading.js";

const READABLE_AFTER_MS = 250;
const find = (selector) => document.querySelector(selector);
const reasons = () => document.getElementById("reasons");

const actions = {
  approve: () => press(".row .approve"),
  spam: () => press(".row .spam"),
  skip: () => press(".row .skip"),
  reject: openReasons,
  escalate: () => openWriting("escalating"),
  note: () => openWriting("noting"),
  undo: () => press("form[data-undo] button"),
  next: () => find("a[data-next]")?.click(),
  back: openLast,
  search: () => find("#search")?.focus(),
  peek,
  help: () => document.getElementById("help").showModal(),
};
const decides = new Set(["approve", "spam", "skip", "reject"]);
const OPEN = "details.reasons[open], details.writing[open], details.menu[open], details.more[open]";
let actionOf = {};

export function watchKeys() {
  const keys = JSON.parse(document.body.dataset.keys);
  actionOf = Object.fromEntries(Object.entries(keys).map(([action, key]) => [key, action]));
  document.addEventListener("keydown", onKey);
  document.getElementById("show-help").addEventListener("click", actions.help);
  document.addEventListener("click", (event) => {
    document.querySelectorAll(OPEN).forEach((open) => {
      if (!open.contains(event.target)) open.open = false;
    });
    const opens = event.target.closest("[data-opens]");
    if (opens) { event.preventDefault(); openWriting(opens.dataset.opens); }
  });
  // By mouse the picker opens as by key: with the marked reason under the Enter key.
  document.addEventListener("toggle", (event) => {
    if (!event.target.open) return;
    if (event.target.id === "reasons") find("#reasons .likely")?.focus();
    if (event.target.matches(".writing")) event.target.querySelector("textarea").focus();
  }, true);
}

function onKey(event) {
  if (event.key === "Escape") { close(); return; }
  const field = event.target.closest("input, textarea, select, [contenteditable]");
  if (field && event.key === "Enter" && (event.ctrlKey || event.metaKey) && field.matches("textarea")) {
    event.preventDefault();
    field.form.requestSubmit(field.form.querySelector("button:not([type=button])"));
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || event.isComposing) return;
  if (field || find("dialog[open]")) return;
  if (reasons()?.open && /^[1-9]$/.test(event.key)) {
    event.preventDefault();
    press(`#reasons [data-key="${event.key}"]`);
    return;
  }
  const action = actionOf[event.key];
  if (!action) return;
  event.preventDefault();
  if (isBusy() || (decides.has(action) && shownFor() < READABLE_AFTER_MS)) return;
  actions[action]();
}

function press(selector) {
  find(selector)?.click();
}

function openReasons() {
  if (!reasons()) return;
  reasons().open = true;
  find("#reasons .likely")?.focus();
}

function openWriting(id) {
  const place = document.getElementById(id);
  if (!place) return;
  document.querySelectorAll(OPEN).forEach((open) => { open.open = false; });
  place.open = true;
  place.querySelector("textarea").focus();
}

function peek() {
  const masked = [...document.querySelectorAll("details.masked")];
  const hide = masked.every((each) => each.open);
  masked.forEach((each) => { each.open = !hide; });
}

function close() {
  const open = find(OPEN);
  if (!open) return;
  open.open = false;
  open.querySelector("summary").focus();
}
