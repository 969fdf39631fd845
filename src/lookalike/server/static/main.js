// @ts-check
// The page works without this file; here it learns to do so without reloading.
import { closeDetail, openDetail, step, watchDetail } from "./detail.js";
import { moveFocus, watchMore } from "./grid.js";
import { judgeByKey, watchJudging } from "./judge.js";
import { go, queryUrl, watchHistory } from "./navigate.js";
import { watchParts } from "./part.js";
import { watchPictures } from "./pictures.js";

const form = /** @type {HTMLFormElement} */ (document.getElementById("search"));
const box = /** @type {HTMLInputElement} */ (document.getElementById("box"));

document.documentElement.classList.add("scripted");

form.addEventListener("submit", (event) => {
  event.preventDefault();
  go(queryUrl());
});

form.addEventListener("change", (event) => {
  const field = /** @type {HTMLInputElement} */ (event.target);
  if (field.name === "match" && queryUrl() !== "/") go(queryUrl());
});

document.addEventListener("click", (event) => {
  const link = /** @type {Element} */ (event.target).closest("a[href]");
  if (!(link instanceof HTMLAnchorElement) || link.target || !isPlain(event)) return;
  if (link.origin !== location.origin) return;
  const tile = link.closest(".tile");
  if (tile && link.classList.contains("view")) {
    event.preventDefault();
    openDetail(/** @type {HTMLElement} */ (tile));
  } else if (link.pathname === "/" && link.rel !== "next" && document.getElementById("more")) {
    event.preventDefault();
    closeDetail();
    go(link.href);
  }
});

document.addEventListener("click", (event) => {
  for (const open of document.querySelectorAll("details.score[open]")) {
    if (!open.contains(/** @type {Node} */ (event.target))) open.removeAttribute("open");
  }
});

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const target = /** @type {HTMLElement} */ (event.target);
  const dialog = /** @type {HTMLDialogElement} */ (document.getElementById("detail"));
  if (target.matches("input:not([type=radio]), textarea")) {
    if (event.key === "Escape") target.blur();
    if (target === box && event.key === "ArrowDown" && moveFocus("first")) event.preventDefault();
    return;
  }
  if (event.key === "m") {
    const scope = dialog.open ? dialog : target.closest(".tile");
    const like = scope?.querySelector("[data-action=like]");
    if (like instanceof HTMLElement) like.click();
  } else if (dialog.open) {
    if (event.key === "ArrowLeft") step(-1);
    if (event.key === "ArrowRight") step(1);
  } else if (event.key === "/") {
    event.preventDefault();
    box.focus();
    box.select();
  } else if (event.key === "Escape") {
    closeScore();
  } else if (judgeByKey(target.closest(".tile"), event.key)) {
    event.preventDefault();
  } else if (target.closest(".tile") && moveFocus(event.key)) {
    event.preventDefault();
  }
});

document.addEventListener(
  "toggle",
  ({ target }) => {
    const why = target instanceof HTMLDetailsElement && target.open && target.querySelector(".why");
    if (why) why.classList.toggle("rightwards", why.getBoundingClientRect().left < 8);
  },
  true,
);

function closeScore() {
  const open = document.querySelector("details.score[open]");
  open?.removeAttribute("open");
  open?.querySelector("summary")?.focus();
}

// an upload or picture that is gone has no thumbnail any more; its chip does without
document.addEventListener(
  "error",
  ({ target }) => {
    if (target instanceof HTMLImageElement && target.closest(".chip")) target.remove();
  },
  true,
);

/** @param {MouseEvent} event */
function isPlain(event) {
  const changed = event.ctrlKey || event.metaKey || event.shiftKey || event.altKey;
  return event.button === 0 && !changed && !event.defaultPrevented;
}

watchHistory();
watchMore();
watchDetail();
watchPictures();
watchJudging();
watchParts();
