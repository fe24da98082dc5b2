// Tables that are walked by keyboard: j and k move a mark, Enter opens the row's first link.
"use strict";

const rows = () => [...document.querySelectorAll("table[data-rows] tbody tr")];
const marked = () => rows().findIndex((row) => row.getAttribute("aria-selected") === "true");
const mark = (place) => {
  const all = rows();
  const row = all[Math.max(0, Math.min(place, all.length - 1))];
  for (const one of all) one.removeAttribute("aria-selected");
  if (!row) return;
  row.setAttribute("aria-selected", "true");
  row.scrollIntoView({ block: "nearest" });
};
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, textarea, dialog[open]")) return;
  if (event.key === "j") mark(marked() + 1);
  else if (event.key === "k") mark(marked() < 0 ? 0 : marked() - 1);
  else if (event.key === "Enter" && marked() >= 0 && !event.target.closest("a, button, summary")) {
    rows()[marked()].querySelector("a")?.click();
  }
});
