// "Leave a comment": one form that moves under the comment being answered, keeps what was typed whatever
// happens to the network, and says what happened in words.
const TOKEN_REFRESH_MS = 20 * 60 * 1000;

const makeForm = ({ api, place, texts, lang, terms, uid, onSent }) => {
  const id = (name) => `${uid}-${name}`;
  const store = makeStore("draft", place);
  const saved = store.load();
  const keys = makeKeys(saved && saved.sent);
  const fields = makeFields({ texts, limits: terms.limits, honeypot: terms.honeypot, uid });
  let token = terms.token;
  let tokenAt = Date.now();
  let parent = null;
  let sending = false;
  let waitUntil = 0;

  const heading = el("h2", { id: id("heading") }, texts.heading);
  const cancel = el("button", { type: "button", class: "quiet cancel", hidden: true, onclick: () => moveHome(true) }, texts.cancel_reply);
  const summary = el("div", { class: "summary", tabindex: "-1", hidden: true, "aria-labelledby": id("summary") });
  const notice = el("p", { class: "notice", hidden: true });
  const status = el("p", { class: "status", role: "status" });
  const button = el("button", { type: "submit", class: "submit" }, texts.submit);
  const form = el("form", { novalidate: true, "aria-labelledby": id("heading") },
    el("div", { class: "form-head" }, heading, cancel),
    el("p", { class: "intro", id: id("intro") }, texts.intro),
    notice, summary, ...fields.nodes,
    el("div", { class: "send" }, button, status));
  const newInstead = el("button", { type: "button", class: "plain", onclick: () => moveHome(true) }, texts.new_instead);
  const home = el("div", { class: "home" }, form);

  // With the text goes the height, so that a reload can hold the place and the reader's scroll with it.
  const heightNow = () => home.getRootNode().host?.offsetHeight;

  const keep = () => {
    if (fields.isEmpty()) store.clear();
    else store.save({ values: fields.values(), parent: parent && parent.id, sent: keys.last(), height: heightNow() });
  };

  const count = () => {
    const left = fields.left();
    const near = left < Math.max(50, terms.limits.comment * 0.1);
    const text = !near ? "" : plural(texts, left < 0 ? "chars_over" : "chars_left", Math.abs(left), lang);
    fields.counter.textContent = text;
    fields.counter.classList.toggle("over", left < 0);
    return text;
  };

  const setButton = (label, busy) => {
    button.style.minInlineSize = `${button.offsetWidth}px`;
    button.textContent = label;
    if (busy) button.setAttribute("aria-disabled", "true");
    else button.removeAttribute("aria-disabled");
  };

  const focusField = (key) => (event) => {
    event.preventDefault();
    fields.inputs[key].focus();
  };

  const hideSummary = () => {
    summary.hidden = true;
    summary.replaceChildren();
  };

  const showSummary = (title, found, sentences) => {
    const keysFound = FIELDS.map(({ key }) => key).filter((key) => found[key]);
    const links = keysFound.map((key) => el("li", {}, el("a", { href: `#${id(key)}`, onclick: focusField(key) }, found[key])));
    summary.replaceChildren(el("h3", { id: id("summary") }, title),
      ...sentences.filter(Boolean).map((text) => el("p", {}, text)),
      links.length ? el("ul", {}, ...links) : "");
    summary.hidden = false;
    fields.show(found);
    summary.focus();
  };

  const showErrors = (found) => {
    const n = FIELDS.filter(({ key }) => found[key]).length;
    showSummary(plural(texts, "problem", n, lang), found, []);
    setButton(texts.submit, false);
  };

  // What cannot be mended in a field: the sentence, that the text is kept, and what to do now.
  const showTrouble = (why, label = texts.again) => {
    showSummary(texts.not_sent, {}, [why, texts.kept]);
    setButton(label, false);
  };

  const wait = (seconds) => {
    waitUntil = Date.now() + seconds * 1000;
    status.textContent = fill(texts.wait, { time: duration(Math.ceil(seconds), lang) });
    setButton(texts.submit, true);
    const ticking = el("span", { "aria-hidden": "true", class: "ticking" });
    button.parentNode.append(ticking);
    const tick = setInterval(() => {
      const left = Math.ceil((waitUntil - Date.now()) / 1000);
      if (left > 0) {
        ticking.textContent = fill(texts.wait, { time: duration(left, lang) });
        return;
      }
      clearInterval(tick);
      ticking.remove();
      status.textContent = texts.ready;
      setButton(texts.submit, false);
    }, 1000);
  };

  const refreshToken = async () => {
    try {
      token = (await api.form()).token;
      tokenAt = Date.now();
    } catch {
      // The old token is still worth a try; the answer will say.
    }
  };

  // A restored text can be sent at once by a person; the service would take that for a machine, so it waits.
  const oldEnough = () => {
    const missing = (terms.min_seconds || 0) * 1000 + 300 - (Date.now() - tokenAt);
    return missing > 0 && new Promise((resolve) => setTimeout(resolve, missing));
  };

  const send = async () => {
    const payload = {
      ...fields.values(), site: place.site, thread_url: place.url, thread_title: place.title, thread_section: place.section,
      parent: parent ? parent.id : null,
    };
    const key = keys.for(payload);
    keep();
    await oldEnough();
    return api.post({ ...payload, form_token: token }, key);
  };

  const done = (body) => {
    hideSummary();
    fields.show({});
    fields.inputs.comment.value = "";
    keys.forget();
    store.clear();
    notice.hidden = true;
    count();
    setButton(texts.submit, false);
    moveHome(false);
    status.textContent = body.message || "";
    onSent(body);
  };

  const take = ({ status: code, body, retryAfter }) => {
    if (code === 200 || code === 201 || code === 202) return done(body);
    const errors = body.errors || {};
    if (FIELDS.some(({ key }) => errors[key])) return showErrors(errors);
    const why = [body.title, body.detail, ...Object.values(errors)].filter(Boolean).join(" ");
    if (code === 429) {
      showTrouble(why || texts.too_many);
      return wait(Math.min(Math.max(retryAfter || 30, 1), 3600));
    }
    return showTrouble(why || texts.server_error, code < 500 ? texts.submit : texts.again);
  };

  const submit = async (event) => {
    event.preventDefault();
    if (sending || Date.now() < waitUntil) return;
    const found = fields.check();
    status.textContent = "";
    if (Object.keys(found).length) return showErrors(found);
    sending = true;
    setButton(texts.sending, true);
    status.textContent = texts.sending;
    try {
      const answer = await send();
      status.textContent = "";
      take(answer);
    } catch (error) {
      status.textContent = "";
      if (!(error instanceof Unreachable)) throw error;
      showTrouble(texts.offline);
    } finally {
      sending = false;
    }
  };

  const placeUnder = (comment, article) => {
    parent = comment;
    heading.replaceChildren(...sentence(texts.heading_reply, { name: named(comment.name) }));
    cancel.hidden = false;
    article.append(form);
    home.replaceChildren(newInstead);
  };

  const moveTo = (comment, article) => {
    placeUnder(comment, article);
    keep();
    fields.inputs.comment.focus();
  };

  const moveHome = (byReader) => {
    const from = parent && form.parentNode;
    parent = null;
    heading.textContent = texts.heading;
    cancel.hidden = true;
    home.replaceChildren(form);
    if (!byReader) return;
    keep();
    const reply = from && from.querySelector(".reply");
    if (reply) reply.focus({ preventScroll: true });
  };

  const discard = () => {
    fields.fill({ comment: "", name: "", email: "", website: "" });
    store.clear();
    notice.hidden = true;
    fields.show({});
    hideSummary();
    count();
    fields.inputs.comment.focus();
  };

  let typing;
  const typed = () => {
    clearTimeout(typing);
    typing = setTimeout(() => {
      keep();
      const text = count();
      if (text !== status.textContent && !sending && Date.now() > waitUntil) status.textContent = text && `${text}.`;
    }, 400);
    if (fields.counter.textContent || fields.left() < terms.limits.comment * 0.1) count();
  };

  form.addEventListener("submit", submit);
  form.addEventListener("input", typed);
  form.addEventListener("focusin", () => {
    if (Date.now() - tokenAt > TOKEN_REFRESH_MS) refreshToken();
  });
  addEventListener("pagehide", keep);

  const restore = (find) => {
    if (!saved) return;
    fields.fill(saved.values);
    count();
    notice.hidden = !saved.values.comment;
    notice.replaceChildren(texts.restored, " ", el("button", { type: "button", class: "quiet", onclick: discard }, texts.discard));
    const answered = saved.parent && find(saved.parent);
    if (answered) placeUnder(answered.comment, answered.article);
  };

  const say = (text) => {
    status.textContent = text;
  };

  return { home, moveTo, restore, say };
};
