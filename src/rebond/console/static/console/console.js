// Small manners of the console: the theme, the phone menu, keys, forms that keep what was typed.
"use strict";

const root = document.documentElement;

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-act]");
  if (!button) return;
  const act = button.dataset.act;
  if (act === "theme") {
    const dark = root.dataset.theme
      ? root.dataset.theme === "dark"
      : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
    localStorage.setItem("theme", root.dataset.theme);
  } else if (act === "menu") {
    const open = button.closest(".sidebar").toggleAttribute("data-open");
    button.setAttribute("aria-expanded", String(open));
  } else if (act === "dismiss") {
    button.closest(".notice").remove();
  } else if (act === "dialog") {
    document.getElementById(button.dataset.dialog).showModal();
  } else if (act === "close-dialog") {
    button.closest("dialog").close();
  } else if (act === "copy") {
    navigator.clipboard.writeText(button.dataset.text);
  }
});

// Keys: an element with data-key is followed or pressed when nobody is typing.
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const typing = event.target.closest("input, select, textarea, [contenteditable], dialog[open]");
  if (typing && event.key !== "Escape") return;
  if (typing && event.target.matches("input, select, textarea")) event.target.blur();
  // Enter belongs to the link or button that has the focus.
  if (event.key === "Enter" && event.target.closest("a, button, summary")) return;
  const target = [...document.querySelectorAll("[data-key]")].find((one) => one.dataset.key === event.key);
  if (!target) return;
  event.preventDefault();
  if (target.matches("input, select, textarea")) target.focus();
  else target.click();
});

// A session may end in the middle of a form: what was typed stays in this tab until it is taken.
const kept = (form) => `form:${location.pathname}:${form.dataset.keep}`;
const remember = (form) => {
  const values = {};
  for (const one of form.elements) {
    if (!one.name || one.type === "password" || one.type === "hidden" || one.type === "file") continue;
    if ((one.type === "checkbox" || one.type === "radio") && !one.checked) continue;
    (values[one.name] ??= []).push(one.value);
  }
  sessionStorage.setItem(kept(form), JSON.stringify(values));
};
const recall = (form) => {
  const text = sessionStorage.getItem(kept(form));
  if (!text) return;
  const values = JSON.parse(text);
  for (const one of form.elements) {
    if (!one.name || one.type === "password" || one.type === "hidden" || one.type === "file") continue;
    const typed = values[one.name];
    if (one.type === "checkbox" || one.type === "radio") one.checked = Boolean(typed?.includes(one.value));
    else if (one.multiple) for (const option of one.options) option.selected = Boolean(typed?.includes(option.value));
    else if (typed) one.value = typed[0];
  }
};
// What was taken is forgotten first: the same page may ask for it again.
for (const done of document.querySelectorAll("[data-kept-done]")) {
  for (const key of Object.keys(sessionStorage)) {
    if (key.startsWith("form:") && key.endsWith(`:${done.dataset.keptDone}`)) sessionStorage.removeItem(key);
  }
}
for (const form of document.querySelectorAll("form[data-keep]")) recall(form);
// What was typed into a form since it asked for its answer; the answer knows nothing of it.
const typedSince = new WeakMap();
document.addEventListener("input", (event) => {
  const form = event.target.closest?.("form[data-keep]");
  if (!form) return;
  remember(form);
  typedSince.set(form, event.target.id);
});
document.addEventListener("htmx:beforeSend", (event) => typedSince.delete(event.detail.elt));
document.addEventListener("htmx:beforeSwap", (event) => {
  const { target } = event.detail;
  const field = typedSince.get(target);
  if (!field) return;
  const { keep } = target.dataset;
  document.addEventListener("htmx:afterSettle", () => {
    const form = document.querySelector(`form[data-keep="${keep}"]`);
    if (!form) return;
    recall(form);
    form.querySelector(`#${CSS.escape(field)}`)?.dispatchEvent(new Event("input", { bubbles: true }));
  }, { once: true });
});

// Of several answers for one place the one asked for last counts, whichever comes first: it knows of all choices.
const newest = new WeakMap();
const answered = (event) => {
  const { target, xhr } = event.detail;
  if (newest.get(target) !== xhr || !target.isConnected) event.preventDefault();
};
document.addEventListener("htmx:beforeSend", (event) => {
  const { elt, target, xhr } = event.detail;
  newest.set(target, xhr);
  // Heard where it was asked: what another answer has replaced meanwhile is in no document any more.
  elt.addEventListener("htmx:beforeOnLoad", answered);
});

// A refusal is shown where htmx put it; a page that cannot be reached says so.
document.addEventListener("htmx:beforeSwap", (event) => {
  const came = new URL(event.detail.xhr.responseURL || location.href);
  if (came.pathname.startsWith("/account/login/")) {
    // The session has ended: sign in, and come back to this page.
    event.detail.shouldSwap = false;
    location.assign(`${came.pathname}?next=${encodeURIComponent(location.pathname + location.search)}`);
    return;
  }
  if ([403, 404, 409, 422].includes(event.detail.xhr.status)) event.detail.shouldSwap = true;
});
document.addEventListener("htmx:sendError", () => {
  document.getElementById("unreachable")?.removeAttribute("hidden");
});
document.addEventListener("htmx:afterRequest", (event) => {
  if (event.detail.successful) document.getElementById("unreachable")?.setAttribute("hidden", "");
});

// A table that is wider than its place is scrolled by keyboard too.
const reachable = () => {
  for (const table of document.querySelectorAll(".table")) {
    if (table.scrollWidth > table.clientWidth) table.tabIndex = 0;
    else table.removeAttribute("tabindex");
  }
};
reachable();
addEventListener("resize", reachable);
document.addEventListener("htmx:afterSettle", reachable);
