// The form's fields, their marks and their errors; no networking here.
const FIELDS = [
  { key: "comment", tag: "textarea", required: true, attributes: { rows: 6, autocomplete: "off", dir: "auto" } },
  { key: "name", required: true, attributes: { type: "text", autocomplete: "name", dir: "auto" } },
  { key: "email", required: true, attributes: { type: "email", autocomplete: "email", inputmode: "email", dir: "ltr" } },
  { key: "website", required: false, attributes: { type: "url", autocomplete: "url", inputmode: "url", dir: "ltr" } },
];

const makeFields = ({ texts, limits, honeypot, uid }) => {
  const inputs = {};
  const errors = {};
  const id = (key) => `${uid}-${key}`;
  const described = (key) => (key === "email" ? `${id("intro")} ${id("email-error")}` : id(`${key}-error`));

  const draw = ({ key, tag = "input", required, attributes }) => {
    const input = el(tag, { id: id(key), name: key, required, "aria-describedby": described(key), ...attributes });
    inputs[key] = input;
    // An empty field takes the page's direction, a filled one that of its text.
    if (input.dir === "auto") {
      const turn = () => input.setAttribute("dir", input.value ? "auto" : "");
      input.addEventListener("input", turn);
      turn();
    }
    errors[key] = el("p", { class: "error", id: id(`${key}-error`) });
    const mark = required && el("span", { class: "mark", "aria-hidden": "true" }, " *");
    const label = el("label", { for: id(key) }, texts[key], mark);
    return el("div", { class: `field field-${key}` }, label, input, key === "comment" && counter, errors[key]);
  };

  const counter = el("p", { class: "count", "aria-hidden": "true" });
  const trapInput = el("input", { type: "text", name: honeypot, id: id("trap"), tabindex: "-1", autocomplete: "off" });
  const trap = el("div", { class: "trap", "aria-hidden": "true" }, el("label", { for: id("trap") }, texts.honeypot), trapInput);

  const left = () => {
    const { value } = inputs.comment;
    return limits.comment - (value.length > limits.comment * 0.8 ? [...value].length : value.length);
  };

  const tooLong = () =>
    fill(texts.long_comment, { n: limits.comment - left(), most: limits.comment, over: -left() });

  // As lenient as the service: "example.org" is mended there.
  const couldBeAddress = (value) => (value.includes("://") ? safeLink(value) : !/^\w+:(?!\d)/.test(value));

  const check = () => {
    const found = {};
    const value = (key) => inputs[key].value.trim();
    if (!value("comment")) found.comment = texts.missing_comment;
    else if (left() < 0) found.comment = tooLong();
    if (!value("name")) found.name = texts.missing_name;
    if (!value("email")) found.email = texts.missing_email;
    else if (!/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(value("email"))) found.email = texts.bad_email;
    if (!couldBeAddress(value("website"))) found.website = texts.bad_website;
    return found;
  };

  const show = (found) => {
    for (const key of Object.keys(inputs)) {
      errors[key].textContent = found[key] || "";
      if (found[key]) inputs[key].setAttribute("aria-invalid", "true");
      else inputs[key].removeAttribute("aria-invalid");
    }
  };

  return {
    nodes: [...FIELDS.map(draw), trap],
    inputs,
    left,
    counter,
    check,
    show,
    values: () => ({
      ...Object.fromEntries(FIELDS.map(({ key }) => [key, inputs[key].value])),
      [honeypot]: trapInput.value,
    }),
    fill: (values) => FIELDS.forEach(({ key }) => {
      if (typeof values[key] === "string") inputs[key].value = values[key];
    }),
    isEmpty: () => FIELDS.every(({ key }) => !inputs[key].value),
  };
};
