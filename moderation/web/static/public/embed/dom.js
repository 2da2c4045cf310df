// Small helpers. Text only ever enters the page as a text node or an attribute, never as HTML.
const el = (tag, attributes = {}, ...children) => {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  node.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return node;
};

// "in reply to {name}" with a node for the name, so that a name can never bend the sentence around it.
const sentence = (template, nodes) =>
  template.split(/(\{\w+\})/).map((part) => {
    const slot = /^\{(\w+)\}$/.exec(part);
    return slot && nodes[slot[1]] ? nodes[slot[1]] : part;
  });

const fill = (template, values) => template.replace(/\{(\w+)\}/g, (slot, name) => (name in values ? values[name] : slot));

const named = (name) => el("bdi", {}, name);

const safeLink = (address) => {
  try {
    const url = new URL(address);
    return url.protocol === "http:" || url.protocol === "https:" ? url.href : null;
  } catch {
    return null;
  }
};

const paragraphs = (text) =>
  text.split(/\n\s*\n/).filter((part) => part.trim()).map((part) => el("p", { dir: "auto" }, part.trim()));

const UNITS = [["year", 31536000], ["month", 2592000], ["week", 604800], ["day", 86400], ["hour", 3600], ["minute", 60]];

const relativeTime = (when, lang) => {
  const seconds = (when.getTime() - Date.now()) / 1000;
  const format = new Intl.RelativeTimeFormat(lang, { numeric: "auto" });
  for (const [unit, size] of UNITS) {
    if (Math.abs(seconds) >= size) return format.format(Math.trunc(seconds / size), unit);
  }
  return format.format(0, "second");
};

const duration = (seconds, lang) => {
  const minutes = seconds >= 90;
  const unit = minutes ? "minute" : "second";
  return new Intl.NumberFormat(lang, { style: "unit", unit, unitDisplay: "long" })
    .format(minutes ? Math.ceil(seconds / 60) : seconds);
};

const timeElement = (iso, lang) => {
  const when = new Date(iso);
  const exact = new Intl.DateTimeFormat(lang, { dateStyle: "full", timeStyle: "short" }).format(when);
  return el("time", { datetime: when.toISOString(), title: exact }, relativeTime(when, lang));
};

// Constructable sheets are not inline style, so a strict style-src of the host page lets them through.
const addStyles = (root, css) => {
  try {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
    root.adoptedStyleSheets = [sheet];
  } catch {
    root.append(el("style", {}, css));
  }
};
