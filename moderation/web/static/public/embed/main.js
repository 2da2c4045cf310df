// Find where to draw, ask for the thread and the form at once, draw both in one go (so that nothing moves
// while somebody reads), and keep a held comment visible to the one who wrote it.
const script = document.currentScript
  || document.querySelector('script[src*="/embed.js"][data-site]:not([data-moderato-seen])');

const placeOf = (tag) => {
  const canonical = document.querySelector('link[rel="canonical"]');
  const url = new URL(tag.dataset.threadUrl || (canonical && canonical.href) || location.href, location.href);
  url.hash = "";
  return {
    site: tag.dataset.site,
    url: url.href,
    title: tag.dataset.threadTitle || document.title,
    section: tag.dataset.section || "",
    lang: tag.dataset.lang || document.documentElement.lang || "en",
  };
};

const makeHost = (tag, place) => {
  const mark = JSON.stringify([place.site, place.url]);
  for (const other of document.querySelectorAll("[data-moderato]")) if (other.dataset.moderato === mark) return null;
  let host = document.querySelector("#moderato-comments:not([data-moderato])");
  if (!host) {
    host = document.createElement("div");
    if (tag.closest("body")) tag.after(host);
    else document.body.append(host);
  }
  host.dataset.moderato = mark;
  return host;
};

const start = (tag) => {
  tag.dataset.moderatoSeen = "";
  const place = placeOf(tag);
  const host = makeHost(tag, place);
  if (!host) return;
  const root = host.shadowRoot || host.attachShadow({ mode: "open" });
  const base = tag.src.slice(0, tag.src.indexOf("/embed.js"));
  const api = makeApi(base, place);
  const wrap = el("section", { class: "moderato loading", "aria-busy": "true" }, el("p", { role: "status" }, STRINGS.loading));
  const { height } = makeStore("draft", place).load() || {};
  if (height) wrap.style.minBlockSize = `${height}px`;
  addStyles(root, CSS);
  root.append(wrap);
  load({ api, place, wrap, root });
};

const load = async (page) => {
  const [thread, form] = await Promise.all([page.api.thread(1).catch(() => null), page.api.form().catch(() => null)]);
  const texts = { ...STRINGS, ...(form && form.strings) };
  const lang = texts.lang || "en";
  page.wrap.lang = lang;
  page.wrap.classList.remove("loading");
  page.wrap.removeAttribute("aria-busy");
  if (thread) draw({ ...page, texts, lang }, thread, form);
  else {
    // For the person who embeds it: a refused origin looks like a lost connection from here.
    console.warn(`Moderato: no answer for site "${page.place.site}". Is ${location.origin} in the site's list of origins?`);
    failed({ ...page, texts }, texts.load_failed);
  }
};

const failed = (page, why, box = page.wrap) => {
  const again = () => {
    page.wrap.replaceChildren(el("p", { role: "status" }, page.texts.loading));
    load(page);
  };
  box.replaceChildren(el("p", {}, why), el("p", { class: "actions" },
    el("button", { type: "button", class: "plain", onclick: again }, page.texts.load_again), " ",
    el("a", { href: page.api.plainPage() }, page.texts.plain_page)));
};

// Workers read most held comments again within a second: what becomes of one is told where it stands.
const ASK_AFTER_S = [1, 3, 10, 30, 60];

const draw = (page, first, terms) => {
  const { api, place, wrap, root, texts, lang } = page;
  const uid = `moderato-${Math.random().toString(36).slice(2, 8)}`;
  const open = Boolean(terms) && terms.open !== false && first.thread.open !== false;
  const mine = makeStore("sent", place);
  let total = first.thread.count;
  let form;

  const title = el("h2", { class: "total" });
  const empty = el("p", { class: "empty" }, texts.empty);
  const setTotal = () => {
    title.textContent = total ? plural(texts, "count", total, lang) : texts.count_none;
    empty.hidden = !open || total > 0 || Boolean(thread.list.firstChild);
  };

  const thread = makeThread({ texts, lang, reportUrl: api.reportPage, onReply: open && ((comment) => form.moveTo(comment, thread.article(comment.id))) });
  const more = el("button", { type: "button", class: "plain more", hidden: true }, texts.more);
  let reached = 0;
  const take = (answer) => {
    thread.addAll(answer.comments);
    reached = answer.page;
    more.hidden = answer.pages <= reached;
  };
  const nextPage = async () => {
    more.setAttribute("aria-disabled", "true");
    try {
      const answer = await api.thread(reached + 1);
      take(answer);
      return answer.comments[0] && thread.article(answer.comments[0].id);
    } catch {
      return null;
    } finally {
      more.removeAttribute("aria-disabled");
    }
  };
  more.addEventListener("click", async () => {
    if (more.hasAttribute("aria-disabled")) return;
    const next = await nextPage();
    if (next) next.focus({ preventScroll: true });
  });

  const onSent = (body) => {
    const comment = { ...body.comment, id: body.id, state: body.state, status_url: body.status_url };
    if (body.state !== "approved") mine.save([...(mine.load() || []), comment].slice(-20));
    else total += 1;
    thread.add(comment);
    setTotal();
    const article = thread.article(comment.id);
    article.classList.add("new");
    article.focus({ preventScroll: true });
    article.scrollIntoView({ block: "nearest" });
    if (body.state === "pending") follow(comment);
  };

  const forget = (id) => mine.save((mine.load() || []).filter((other) => other.id !== id));

  const follow = async (comment) => {
    for (const seconds of ASK_AFTER_S) {
      await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
      const { status, body } = await api.status(comment.status_url).catch(() => ({}));
      if (status === 404) return;
      if (status !== 200 || body.state === "pending") continue;
      thread.setState(comment.id, body.state);
      if (body.state === "approved") {
        forget(comment.id);
        total += 1;
        setTotal();
      }
      form.say(body.state === "approved" ? texts.published : texts.not_published);
      return;
    }
  };

  // A held comment of this reader's, still shown to them after a reload, with what became of it since.
  const showMine = () => (mine.load() || []).forEach(async (comment) => {
    if (thread.has(comment.id)) return forget(comment.id);
    thread.add(comment);
    const { status, body } = await api.status(comment.status_url).catch(() => ({}));
    if (status === 404) forget(comment.id);
    if (status === 200 && body.state !== comment.state) thread.setState(comment.id, body.state);
  });

  const goToHash = async (scroll) => {
    const id = /^#comment-([\w-]+)$/.exec(location.hash)?.[1];
    if (!id) return;
    while (!thread.has(id) && !more.hidden && (await nextPage()));
    root.querySelectorAll(".target").forEach((old) => old.classList.remove("target"));
    const article = thread.article(id);
    if (!article) return;
    article.classList.add("target");
    if (scroll) article.scrollIntoView({ block: "center" });
  };
  addEventListener("hashchange", () => goToHash(true));

  take(first);
  showMine();
  setTotal();
  wrap.replaceChildren(title, empty, thread.list, more);
  if (open) {
    form = makeForm({ api, place, texts, lang, terms, uid, onSent });
    wrap.append(form.home);
    form.restore((id) => thread.has(id) && { comment: thread.get(id), article: thread.article(id) });
  } else if (terms) {
    wrap.append(el("p", { class: "closed" }, texts.closed));
  } else {
    const box = el("div", { class: "closed" });
    wrap.append(box);
    failed(page, texts.form_failed, box);
  }
  wrap.style.minBlockSize = "";
  goToHash(true);
  setInterval(thread.refreshTimes, 60000);
};

if (script && script.dataset.moderatoSeen === undefined && script.dataset.site) {
  if (document.body) start(script);
  else document.addEventListener("DOMContentLoaded", () => start(script));
}
