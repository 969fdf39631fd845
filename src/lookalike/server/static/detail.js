// @ts-check
// The dialog with one large picture: the picture's own page, lifted into a dialog.
import { tiles } from "./grid.js";
import { fetchPage, reason, say } from "./navigate.js";

const dialog = /** @type {HTMLDialogElement} */ (document.getElementById("detail"));

/** @type {HTMLElement | undefined} */
let shown;

/**
 * Show a tile's picture.
 * @param {HTMLElement} tile
 */
export async function openDetail(tile) {
  const link = tile.querySelector(".view");
  if (!(link instanceof HTMLAnchorElement)) return;
  shown = tile;
  try {
    const page = await fetchPage(link.href);
    const article = page.getElementById("picture");
    if (shown !== tile) return;
    if (!article) throw new Error(page.querySelector("h1")?.textContent ?? "it is gone.");
    dialog.replaceChildren(closeButton(), article);
    dialog.scrollTop = 0;
    if (!dialog.open) dialog.showModal();
  } catch (error) {
    say(`The picture cannot be shown: ${reason(error)}`);
  }
}

/**
 * Show the picture before or after.
 * @param {-1 | 1} by
 */
export function step(by) {
  const all = tiles();
  const next = shown && all[all.indexOf(shown) + by];
  if (next) openDetail(next);
}

export function closeDetail() {
  if (dialog.open) dialog.close();
}

export function watchDetail() {
  dialog.addEventListener("close", () => {
    const link = shown?.querySelector(".view");
    shown = undefined;
    if (link instanceof HTMLElement) link.focus();
  });
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog && outside(event)) dialog.close();
  });
  document.addEventListener("click", (event) => {
    const button = /** @type {Element} */ (event.target).closest("[data-copy]");
    if (button instanceof HTMLElement) copy(button);
  });
}

/** @param {MouseEvent} event */
function outside(event) {
  const { left, right, top, bottom } = dialog.getBoundingClientRect();
  const { clientX: x, clientY: y } = event;
  return x < left || x > right || y < top || y > bottom;
}

function closeButton() {
  const button = document.createElement("button");
  button.className = "tool close";
  button.type = "button";
  button.setAttribute("aria-label", "Close");
  button.textContent = "✕";
  button.addEventListener("click", () => dialog.close());
  return button;
}

/** @param {HTMLElement} button */
async function copy(button) {
  const id = button.dataset.copy ?? "";
  try {
    await navigator.clipboard.writeText(id);
    button.classList.add("done");
    button.setAttribute("aria-label", "Copied");
    button.title = "Copied";
  } catch {
    // no clipboard here (plain http on another machine): mark the id, ready for Ctrl-C
    const code = button.parentElement?.querySelector("code");
    if (code) getSelection()?.selectAllChildren(code);
  }
}
