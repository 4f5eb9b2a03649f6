// Counts the characters that are left of a text's maximum (`data-max`), and says so when there are few. Nothing is cut:
// a text that is too long is counted below zero, and the server refuses it. Without this script the maximum is in words.

const PAUSE = 1000; // milliseconds without typing, after which a screen reader is told
const announcement = document.createElement("p");
announcement.className = "visually-hidden";
announcement.setAttribute("role", "status");
let timer = 0;

// As the server counts: characters, with two for a new line, without spaces at the ends.
const lengthOf = (field) => [...field.value.trim().replace(/\n/g, "\r\n")].length;

function show(field) {
  const note = document.getElementById(`${field.id}_limit`);
  if (!note) return "";
  const max = Number(field.dataset.max);
  const left = max - lengthOf(field);
  const amount = Math.abs(left).toLocaleString("da");
  note.hidden = left > Math.max(20, max / 10);
  note.classList.toggle("over", left < 0);
  note.textContent = left < 0 ? `Du har skrevet ${amount} tegn for meget.` : `Du har ${amount} tegn tilbage.`;
  return note.hidden ? "" : note.textContent;
}

function onInput({ target }) {
  if (!target.matches?.("[data-max]")) return;
  const text = show(target);
  clearTimeout(timer);
  timer = setTimeout(() => { announcement.textContent = text; }, PAUSE);
}

document.querySelectorAll("[data-max]").forEach(show);
document.body.append(announcement);
document.addEventListener("input", onInput);
// Rows that were added since, and fields that another script has filled in.
document.addEventListener("focusin", ({ target }) => { if (target.matches?.("[data-max]")) show(target); });
