// One key a decision. Keys do nothing in fields, with a modifier, while held down, or before a comment could be read.
import { isBusy, openLast } from "./deciding.js";
import { shownFor } from "./reading.js";

const READABLE_AFTER_MS = 250;
const find = (selector) => document.querySelector(selector);
const reasons = () => document.getElementById("reasons");

const actions = {
  a: () => press(".row .approve"),
  s: () => press(".row .spam"),
  x: () => press(".row .skip"),
  r: openReasons,
  u: () => press("form[data-undo] button"),
  j: () => find("a[data-next]")?.click(),
  k: openLast,
  "?": () => document.getElementById("help").showModal(),
};
const decides = new Set(["a", "s", "x", "r"]);

export function watchKeys() {
  document.addEventListener("keydown", onKey);
  document.getElementById("show-help").addEventListener("click", actions["?"]);
  document.addEventListener("click", (event) => {
    document.querySelectorAll("details.menu[open], details.reasons[open], details.more[open]").forEach((open) => {
      if (!open.contains(event.target)) open.open = false;
    });
  });
  // By mouse the picker opens as by key: with the marked reason under the Enter key.
  document.addEventListener("toggle", (event) => {
    if (event.target.id === "reasons" && event.target.open) find("#reasons .likely")?.focus();
  }, true);
}

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || event.isComposing) return;
  if (event.target.closest("input, textarea, select, [contenteditable]") || find("dialog[open]")) return;
  if (event.key === "Escape") { close(); return; }
  if (reasons()?.open && /^[1-9]$/.test(event.key)) {
    event.preventDefault();
    press(`#reasons [data-key="${event.key}"]`);
    return;
  }
  const action = actions[event.key];
  if (!action) return;
  event.preventDefault();
  if (isBusy() || (decides.has(event.key) && shownFor() < READABLE_AFTER_MS)) return;
  action();
}

function press(selector) {
  find(selector)?.click();
}

function openReasons() {
  if (!reasons()) return;
  reasons().open = true;
  find("#reasons .likely")?.focus();
}

function close() {
  const open = find("details[open].reasons, details[open].menu, details[open].more");
  if (!open) return;
  open.open = false;
  open.querySelector("summary").focus();
}
