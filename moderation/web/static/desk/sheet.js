// On a narrow screen the views are one row that scrolls: the page one is on is brought into sight, and what has the focus
// is shown whole, for browsers do not move what is seen in part.
const views = document.querySelector(".views");
const current = views?.querySelector("[aria-current]");
if (current && !views.contains(document.activeElement)) views.scrollTo({ left: current.offsetLeft - 24 });
views?.addEventListener("focusin", (event) => event.target.scrollIntoView({ block: "nearest", inline: "nearest" }));
