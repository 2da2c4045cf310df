// The middle of the page: which comment is shown, and how another takes its place.

const shownHandlers = [];
let shownAt = 0;

export const reading = () => document.getElementById("reading");
export const text = (name, values = {}) =>
  Object.entries(values).reduce(
    (sentence, [key, value]) => sentence.replace(`{${key}}`, () => value),
    document.body.dataset[`text${name}`] || "",
  );

/** Call this whenever another comment is on the page, and once now. */
export function onShown(handler) {
  shownHandlers.push(handler);
  handler(reading());
}

/** For how many milliseconds the comment has been there to be read. */
export const shownFor = () => performance.now() - shownAt;

/** Put server-rendered HTML (escaped there) in place of the middle, and move the focus to it. */
export function swap(html, { focus = true } = {}) {
  const parsed = document.createElement("template");
  parsed.innerHTML = html;
  put(parsed.content.querySelector("#reading"), focus);
}

/** A comment that was left is shown again, as it was. */
export function putBack(left) {
  left.removeAttribute("aria-busy");
  left.querySelectorAll("details.reasons[open], details.writing[open]").forEach((each) => { each.open = false; });
  put(left, true);
}

function put(middle, focus) {
  reading().replaceWith(middle);
  shownAt = performance.now();
  if (focus) {
    document.getElementById("comment").focus({ preventScroll: true });
    window.scrollTo(0, 0);
  }
  shown();
}

/** What depends on the comment is told of it: it is another one, or ours for longer. */
export const shown = () => shownHandlers.forEach((handler) => handler(reading()));

export function say(sentence) {
  const place = document.getElementById("say");
  place.textContent = "";
  // A screen reader hears a change, so that the same sentence twice needs a gap.
  setTimeout(() => { place.textContent = sentence; }, 50);
}
