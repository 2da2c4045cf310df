// The list of comments. Four levels are indented; deeper replies stand flat under the fourth level, each
// saying whom it answers. The service's plain page (_thread.html) draws the same shape.
const LEVELS = 4;

const makeThread = ({ texts, lang, onReply, reportUrl }) => {
  const list = el("ol", { class: "list" });
  const known = new Map();

  const levelOf = (comment) => {
    const parent = known.get(comment.parent);
    return parent ? Math.min(parent.level + 1, LEVELS + 1) : 1;
  };

  const stateLine = (comment) => {
    if (!comment.state) return null;
    const line = el("p", { class: `state ${comment.state === "approved" ? "" : "held"}` });
    const follow = (label) => comment.status_url && el("a", { href: comment.status_url }, label);
    if (comment.state === "approved") line.append(texts.published);
    else if (comment.state === "pending") line.append(texts.pending, " ", follow(texts.follow) || "");
    else line.append(texts.not_published, " ", follow(texts.see_why) || "");
    return line;
  };

  const author = (comment) => {
    const address = comment.website && safeLink(comment.website);
    const name = el("bdi", { class: "author" }, comment.name);
    if (!address) return name;
    return el("a", { class: "author", href: address, rel: "nofollow ugc noopener noreferrer" }, named(comment.name));
  };

  const answering = (comment, level) => {
    const parent = known.get(comment.parent);
    if (level <= LEVELS || !parent) return null;
    const link = el("a", { href: `#comment-${comment.parent}` }, named(parent.comment.name));
    return el("span", { class: "answering" }, ...sentence(texts.in_reply_to, { name: link }));
  };

  const replyButton = (comment) => {
    if (!onReply || (comment.state && comment.state !== "approved")) return null;
    const label = fill(texts.reply_label, { name: comment.name });
    return el("button", { type: "button", class: "quiet reply", "aria-label": label, onclick: () => onReply(comment) }, texts.reply);
  };

  const reportLink = (comment) => {
    if (!reportUrl || (comment.state && comment.state !== "approved")) return null;
    const label = fill(texts.report_label, { name: comment.name });
    return el("a", { class: "report", href: reportUrl(comment.id), rel: "nofollow", "aria-label": label }, texts.report);
  };

  const draw = (comment, level) =>
    el("li", {},
      el("article", { class: "comment", id: `comment-${comment.id}`, tabindex: "-1" },
        el("header", {}, author(comment), answering(comment, level),
          el("a", { class: "when", href: `#comment-${comment.id}` }, timeElement(comment.created_at, lang))),
        el("div", { class: "text" }, ...paragraphs(comment.text)),
        stateLine(comment),
        replyButton(comment), reportLink(comment)));

  const childList = (entry) => {
    if (!entry.children) entry.item.append((entry.children = el("ol")));
    return entry.children;
  };

  // Level five and deeper: after the last comment that already hangs on the same parent.
  const lastOfBranch = (id) => {
    let last = known.get(id).item;
    for (let next = last.nextElementSibling; next && isBelow(next.firstChild.id.slice(8), id); next = next.nextElementSibling) last = next;
    return last;
  };

  const isBelow = (id, ancestor) => {
    for (let entry = known.get(id); entry; entry = known.get(entry.comment.parent)) {
      if (entry.comment.parent === ancestor) return true;
    }
    return false;
  };

  const add = (comment) => {
    if (known.has(comment.id)) return known.get(comment.id).item;
    const level = levelOf(comment);
    const item = draw(comment, level);
    if (level === 1) list.append(item);
    else if (level <= LEVELS) childList(known.get(comment.parent)).append(item);
    else lastOfBranch(comment.parent).after(item);
    known.set(comment.id, { comment, item, level, children: null });
    return item;
  };

  const setState = (id, state) => {
    const { comment, item } = known.get(id);
    const article = item.firstChild;
    comment.state = state;
    const line = stateLine(comment);
    const old = article.querySelector(".state");
    if (old) old.replaceWith(line);
    else article.append(line);
    if (state === "approved") article.append(...[replyButton(comment), reportLink(comment)].filter(Boolean));
  };

  return {
    list,
    add,
    addAll: (comments) => comments.forEach(add),
    has: (id) => known.has(id),
    get: (id) => known.get(id)?.comment,
    article: (id) => known.get(id)?.item.firstChild,
    setState,
    refreshTimes: () => list.querySelectorAll("time").forEach((time) => {
      time.textContent = relativeTime(new Date(time.dateTime), lang);
    }),
  };
};
