// What the settings in the form would have done, shown while they are being changed; without a script there is a button.
const PAUSE_MS = 500;
const form = document.getElementById("policy");
const body = document.getElementById("what-if-body");
let timer = 0;
let asked = 0;

form.addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(show, PAUSE_MS);
});

async function show() {
  const mine = ++asked;
  body.setAttribute("aria-busy", "true");
  try {
    const data = new FormData(form);
    data.delete("tried");
    const response = await fetch(form.dataset.try, { method: "POST", body: new URLSearchParams(data), headers: { "X-Part": "what-if" } });
    if (mine === asked && response.ok) body.innerHTML = await response.text();
  } catch {
    // Offline: the button says so.
  }
  if (mine === asked) body.removeAttribute("aria-busy");
}
