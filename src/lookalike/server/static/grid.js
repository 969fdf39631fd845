// @ts-check
// The grid: arrow keys move in it, and it grows.
import { announce, fetchPage, reason, relocate, say } from "./navigate.js";

const STEPS = { ArrowLeft: -1, ArrowRight: 1 };

/** All tiles, in their order. */
export function tiles() {
  return /** @type {HTMLElement[]} */ ([...document.querySelectorAll("#grid > .tile")]);
}

/**
 * Move the focus among the tiles.
 * @param {string} key an arrow key, Home, End, or "first"
 * @returns {boolean} whether there was somewhere to go
 */
export function moveFocus(key) {
  const all = tiles();
  const tile = document.activeElement?.closest(".tile");
  const at = all.findIndex((one) => one === tile);
  const next = target(key, all, at);
  const link = next?.querySelector(".view");
  if (!(link instanceof HTMLElement)) return false;
  link.focus();
  next?.scrollIntoView({ block: "nearest" });
  return true;
}

/**
 * @param {string} key
 * @param {HTMLElement[]} all
 * @param {number} at
 */
function target(key, all, at) {
  if (key === "first" || key === "Home") return all[0];
  if (key === "End") return all.at(-1);
  if (key === "ArrowLeft" || key === "ArrowRight") return all[at + STEPS[key]];
  if (key === "ArrowUp") return nearest(all[at], all.slice(0, at).reverse());
  if (key === "ArrowDown") return nearest(all[at], all.slice(at + 1));
  return undefined;
}

/**
 * The tile of the next row that lies closest above or below.
 * @param {HTMLElement} from
 * @param {HTMLElement[]} others in the order of their distance
 */
function nearest(from, others) {
  const row = others.find((tile) => tile.offsetTop !== from.offsetTop)?.offsetTop;
  const centre = middle(from);
  return others
    .filter((tile) => tile.offsetTop === row)
    .sort((a, b) => Math.abs(middle(a) - centre) - Math.abs(middle(b) - centre))[0];
}

/** @param {HTMLElement} tile */
function middle(tile) {
  return tile.offsetLeft + tile.offsetWidth / 2;
}

/** Show more when asked; who has asked once goes on scrolling, until then the footer is in reach. */
export function watchMore() {
  const view = /** @type {HTMLElement} */ (document.getElementById("view"));
  const asked = () => document.getElementById("grid")?.hasAttribute("data-grown");
  const near = new IntersectionObserver(
    (seen) => {
      if (asked() && seen.some((entry) => entry.isIntersecting)) extend();
    },
    { rootMargin: "600px" },
  );
  new MutationObserver(() => {
    const link = document.querySelector("#more a");
    near.disconnect();
    if (link) near.observe(link);
  }).observe(view, { childList: true, subtree: true });
  view.addEventListener("click", (event) => {
    if (!(/** @type {Element} */ (event.target).closest("#more a"))) return;
    event.preventDefault();
    extend();
  });
}

let growing = false;

async function extend() {
  const link = document.querySelector("#more a");
  if (growing || !(link instanceof HTMLAnchorElement)) return;
  growing = true;
  try {
    append(await fetchPage(link.href));
    relocate(link.href);
  } catch (error) {
    say(`No more could be shown: ${reason(error)}`);
  } finally {
    growing = false;
  }
}

/** @param {Document} page */
function append(page) {
  const known = new Set(tiles().map((tile) => tile.dataset.id));
  const fresh = /** @type {HTMLElement[]} */ ([...page.querySelectorAll("#grid > .tile")]);
  const grid = document.getElementById("grid");
  grid?.append(...fresh.filter((tile) => !known.has(tile.dataset.id)));
  grid?.setAttribute("data-grown", "");
  for (const id of ["more", "summary"]) {
    const newer = page.getElementById(id);
    if (newer) document.getElementById(id)?.replaceChildren(...newer.childNodes);
  }
  announce(document.getElementById("summary")?.textContent ?? "");
}
