// @ts-check
// Moves between searches: fetches the page that the server renders and puts its parts in place.

const SLOW_MS = 150;
const SWAPPED = ["chips", "view", "count"];

/** @type {AbortController | undefined} */
let underWay;
let shown = location.pathname + location.search;

/** @param {string} id */
const byId = (id) => /** @type {HTMLElement} */ (document.getElementById(id));
/** @param {string} id */
const input = (id) => /** @type {HTMLInputElement} */ (byId(id));

/**
 * The address of the query that the form holds, with further clauses.
 * @param {{name: "q" | "not", value: string}[]} more
 */
export function queryUrl(more = []) {
  const params = new URLSearchParams();
  const fields = new FormData(/** @type {HTMLFormElement} */ (byId("search")));
  for (const [name, value] of fields) {
    const told = String(value).trim();
    if (told && !(name === "match" && told === "auto")) params.append(name, told);
  }
  for (const clause of more) params.append(clause.name, clause.value);
  const text = params.toString();
  return text ? `/?${text}` : "/";
}

/**
 * Fetch a page of this site.
 * @param {string} url
 * @param {AbortSignal} [signal]
 */
export async function fetchPage(url, signal) {
  const answer = await fetch(url, { headers: { Accept: "text/html" }, signal });
  if (!answer.headers.get("content-type")?.startsWith("text/html")) {
    throw new Error(`The server answered with status ${answer.status}.`);
  }
  return new DOMParser().parseFromString(await answer.text(), "text/html");
}

/**
 * Show another search.
 * @param {string} url
 * @param {{push?: boolean, scroll?: number}} [how]
 */
export async function go(url, { push = true, scroll = 0 } = {}) {
  underWay?.abort();
  const mine = (underWay = new AbortController());
  const slow = setTimeout(() => document.documentElement.classList.add("busy"), SLOW_MS);
  byId("view").setAttribute("aria-busy", "true");
  say("");
  try {
    const page = await fetchPage(url, mine.signal);
    if (mine.signal.aborted) return;
    if (push) remember(url);
    shown = location.pathname + location.search;
    swap(page);
    window.scrollTo(0, scroll);
  } catch (error) {
    if (!mine.signal.aborted) say(`The search could not be done: ${reason(error)}`);
  } finally {
    clearTimeout(slow);
    if (mine === underWay) {
      document.documentElement.classList.remove("busy");
      byId("view").removeAttribute("aria-busy");
    }
  }
}

/**
 * Show a message below the search bar; an empty one takes it away.
 * @param {string} text
 */
export function say(text) {
  const message = byId("message");
  message.textContent = text;
  message.hidden = !text;
}

/**
 * Let screen readers know.
 * @param {string} text
 */
export function announce(text) {
  byId("announce").textContent = text;
}

/** @param {unknown} error */
export function reason(error) {
  if (error instanceof TypeError) return "the server does not answer.";
  return error instanceof Error ? error.message : String(error);
}

export function watchHistory() {
  history.scrollRestoration = "manual";
  addEventListener("popstate", (event) => {
    if (location.pathname + location.search === shown) return; // only the #fragment changed
    const dialog = byId("detail");
    if (dialog instanceof HTMLDialogElement && dialog.open) dialog.close();
    go(location.href, { push: false, scroll: event.state?.scroll ?? 0 });
  });
}

/**
 * Give what is shown another address.
 * @param {string} url
 */
export function relocate(url) {
  history.replaceState(history.state, "", url);
  shown = location.pathname + location.search;
}

/** @param {string} url */
function remember(url) {
  history.replaceState({ scroll: window.scrollY }, "");
  history.pushState({ scroll: 0 }, "", url);
}

/** @param {Document} page */
function swap(page) {
  const focus = focusedPlace();
  for (const id of SWAPPED) {
    const fresh = page.getElementById(id);
    if (fresh) byId(id).replaceChildren(...fresh.childNodes);
  }
  for (const id of ["box", "where", "not"]) {
    input(id).value = page.getElementById(id)?.getAttribute("value") ?? "";
  }
  swapOptions(page);
  document.title = page.title;
  announce(byId("view").querySelector("#summary")?.textContent ?? "");
  restoreFocus(focus);
}

/** @param {Document} page */
function swapOptions(page) {
  const match = page.querySelector("input[name=match]:checked")?.getAttribute("value") ?? "auto";
  for (const radio of document.querySelectorAll("input[name=match]")) {
    /** @type {HTMLInputElement} */ (radio).checked = radio.getAttribute("value") === match;
  }
  const fault = page.getElementById("filter-message");
  byId("filter-message").textContent = fault?.textContent ?? "";
  byId("filter-message").hidden = !fault || fault.hidden;
  if (fault && !fault.hidden) input("where").setAttribute("aria-invalid", "true");
  else input("where").removeAttribute("aria-invalid");
  if (page.getElementById("options")?.hasAttribute("open")) byId("options").setAttribute("open", "");
}

/** What had the focus, in words that still mean something after the swap. */
function focusedPlace() {
  const active = document.activeElement;
  const key = active?.closest("[data-key]")?.getAttribute("data-key");
  if (key) return { selector: `[data-key="${key}"]`, fallback: "#box" };
  if (active?.closest("#view")) return { selector: ".tile .view", fallback: "#view" };
  return undefined;
}

/** @param {{selector: string, fallback: string} | undefined} place */
function restoreFocus(place) {
  if (!place) return;
  const found = document.querySelector(place.selector) ?? document.querySelector(place.fallback);
  if (found instanceof HTMLElement) found.focus({ preventScroll: true });
}
