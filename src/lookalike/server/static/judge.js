// @ts-check
// Verdicts on pictures: sent without leaving the page, which then shows what was learned.
import { announce, go, reason, say } from "./navigate.js";

/** Take over the forms of judging. */
export function watchJudging() {
  document.addEventListener("submit", (event) => {
    const form = /** @type {HTMLFormElement} */ (event.target);
    if (form.id !== "judging" && !form.hasAttribute("data-teach")) return;
    event.preventDefault();
    const button = /** @type {SubmitEvent} */ (event).submitter;
    send(form, button instanceof HTMLButtonElement ? button : undefined);
  });
}

/**
 * Judge the picture of a tile by a key.
 * @param {Element | null} tile
 * @param {string} key
 * @returns {boolean} whether it was one of the keys
 */
export function judgeByKey(tile, key) {
  const name = { y: ".yes", n: ".no" }[key];
  const button = name && tile?.querySelector(`.verdict ${name}`);
  if (!(button instanceof HTMLButtonElement)) return false;
  button.click();
  return true;
}

/**
 * @param {HTMLFormElement} form
 * @param {HTMLButtonElement} [button]
 */
async function send(form, button) {
  const fields = new URLSearchParams();
  for (const [name, value] of new FormData(form)) fields.append(name, String(value));
  if (button?.name) fields.append(button.name, button.value);
  try {
    const answer = await fetch(form.action, {
      method: "POST",
      body: fields,
      headers: { Accept: "text/html" },
    });
    if (!answer.ok) throw new Error(await told(answer));
    const named = fields.has("concept");
    await go(answer.url, { push: named, scroll: named ? 0 : scrollY });
    announce(button?.name === "undo" ? "Taken back." : "Noted. The pictures are in a new order.");
  } catch (error) {
    say(`That could not be noted: ${reason(error)}`);
  }
}

/** @param {Response} answer */
async function told(answer) {
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const said = page.querySelector("main h1")?.textContent?.trim();
  return said || `The server answered with status ${answer.status}.`;
}
