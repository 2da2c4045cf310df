// Whose the comment is, for how long: a countdown, a heartbeat while the page is seen, and giving it back on leaving.
import { following } from "./ahead.js";
import { onShown, reading, text } from "./reading.js";

const BEAT_EVERY_S = 60;
let until = 0;
let beatAt = 0;

export function keepClaim() {
  onShown((shown) => {
    until = performance.now() + Number(shown.dataset.seconds || 0) * 1000;
    beatAt = performance.now();
    draw();
  });
  setInterval(() => {
    draw();
    if (!document.hidden && performance.now() - beatAt > BEAT_EVERY_S * 1000) beat();
  }, 1000);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) beat(); });
  window.addEventListener("pagehide", release);
}

function draw() {
  const place = document.getElementById("claim");
  if (!place) return;
  const left = Math.max(0, Math.ceil((until - performance.now()) / 1000));
  const time = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
  const sentence = place.dataset.said || (left ? text("Yours", { time }) : text("Expired"));
  if (place.textContent !== sentence) place.textContent = sentence;
}

async function beat() {
  const { heartbeat, comment } = reading().dataset;
  if (!heartbeat) return;
  beatAt = performance.now();
  try {
    const response = await fetch(heartbeat, {
      method: "POST",
      headers: { Accept: "application/json", "X-CSRFToken": document.body.dataset.csrf },
    });
    if (!response.ok || reading().dataset.comment !== comment) return;
    const told = await response.json();
    until = performance.now() + told.seconds * 1000;
    const place = document.getElementById("claim");
    if (place) place.dataset.said = told.said || "";
    draw();
  } catch {
    // Offline: the countdown goes on, and the next decision says so.
  }
}

function release() {
  const { release: address, comment, claimedAt } = reading().dataset;
  if (!address) return;
  const form = new FormData();
  form.set("csrf_token", document.body.dataset.csrf);
  form.set("comment", comment);
  form.set("claimed_at", claimedAt);
  const next = following();
  if (next) {
    form.set("following", next.id);
    form.set("following_claimed_at", next.claimed_at);
  }
  navigator.sendBeacon(address, form);
}
