// On a narrow screen the views are one row that scrolls: the page one is on is brought into sight.
const current = document.querySelector(".views [aria-current]");
current?.closest(".views").scrollTo({ left: current.offsetLeft - 24 });
