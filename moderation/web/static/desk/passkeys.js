// Forms that a passkey answers: the browser asks for it when the form is sent, and the answer goes with the form.
const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0));
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

function readable(options) {
  const read = { ...options, challenge: bytes(options.challenge) };
  if (read.user) read.user = { ...read.user, id: bytes(read.user.id) };
  for (const list of ["excludeCredentials", "allowCredentials"]) {
    if (read[list]) read[list] = read[list].map((each) => ({ ...each, id: bytes(each.id) }));
  }
  return read;
}

function written(credential) {
  const response = {};
  for (const part of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (credential.response[part]) response[part] = text(credential.response[part]);
  }
  return JSON.stringify({ id: credential.id, rawId: text(credential.rawId), type: credential.type, response, clientExtensionResults: {} });
}

async function asked(form) {
  if (form.dataset.options) return { options: JSON.parse(form.dataset.options) };
  const answer = await fetch(form.dataset.challenge, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error("away");
  return answer.json();
}

function keep(form, name, value) {
  const field = form.elements[name] ?? form.appendChild(Object.assign(document.createElement("input"), { type: "hidden", name }));
  field.value = value;
}

function say(form, sentence) {
  let place = form.querySelector(".problem");
  if (!place) {
    place = Object.assign(document.createElement("p"), { className: "problem" });
    place.setAttribute("role", "alert");
    form.prepend(place);
  }
  place.textContent = sentence;
}

function reason(form, error) {
  if (error.name === "InvalidStateError") return form.dataset.there;
  return error.name === "NotAllowedError" ? form.dataset.stopped : form.dataset.away;
}

async function answer(form) {
  const { options, noted } = await asked(form);
  const publicKey = readable(options);
  const adds = form.dataset.passkey === "add";
  const credential = await (adds ? navigator.credentials.create({ publicKey }) : navigator.credentials.get({ publicKey }));
  if (noted) keep(form, "noted", noted);
  keep(form, "answer", written(credential));
}

let busy = false;
document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.dataset.passkey || form.elements.code?.value.trim()) return;
  event.preventDefault();
  if (busy) return;
  if (!window.PublicKeyCredential) return say(form, form.dataset.none);
  busy = true;
  try {
    await answer(form);
    form.submit();
  } catch (error) {
    say(form, reason(form, error));
  } finally {
    busy = false;
  }
});
