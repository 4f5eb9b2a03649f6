// Readability note of a text field while the user types: LIX and the longest sentence. The rules are those of
// udsat/lib/readability.py, where they are explained; tests/test_readability.py runs one table of examples on both.

const LETTER = "A-Za-zÀ-ÖØ-öø-ɏ";
const EMAIL = /^\S+@\S+/;
const WORD = new RegExp(`(?:https?://|www\\.)\\S+|[${LETTER}]+(?:[-'’.][${LETTER}]+)*|\\d+(?:[.,:]\\d+)*`, "g");
const ADDRESS = /^(?:https?:\/\/|www\.|\S*@)/;
const LETTERS = new RegExp(`[${LETTER}]`, "g");
const BULLET = /^\s*(?:[•·▪▫◦*–—-]|\(?(?:\d{1,3}|[a-zæøå])[.)])\s+/;
const STOP = /[.!?…]+["'”’»)\]]*\s?|:\s?/g;
const LOWER = /[\s"'“”‘’»«(\[–—-]*[a-zß-öø-ÿ]/y;
const DIGIT = /[\s"'“”‘’»«(\[–—-]*\d/y;
const LAST_WORD = /[^\s"'“”‘’»«(\[]{1,10}$/; // enough for each abbreviation and for two digits
const ABBREVIATIONS = new Set(
  ("adr afd ang art bl.a bl bla ca cirka d.v.s dr dvs ekskl eks evt ex f.eks fx fhv fr hhv hr i.f.m i.f.t ifm ift " +
    "inkl jf jfr jvf kap kl m.h.p m.h.t maks max mht min mr mrs nr nuv p.g.a pga pkt pl prof red s sct skt sml sr st stk " +
    "tlf v.h.a vedr vha").split(" "),
);
const ONE_LETTER_OR_DAY = new RegExp(`^(?:[${LETTER}]|\\d{1,2})$`);
const LONG_WORD = 7;
const LONG_SENTENCE = 20;
const MIN_WORDS = 8;
const MAX_QUOTE = 160;
const SCALE = [
  [25, "let at læse, også for børn"], [35, "let at læse"], [45, "middelsvær at læse"], [55, "svær at læse"],
  [Infinity, "meget svær at læse"],
];

export const words = (text) =>
  text.split(/\s+/).flatMap((part) => (EMAIL.test(part) ? [part] : part.match(WORD) ?? []));

export function sentences(text) {
  const pieces = [];
  for (let line of text.normalize("NFC").split(/\n| \| /)) {
    line = line.replace(BULLET, "");
    let start = 0;
    for (const stop of line.matchAll(STOP)) {
      const mark = stop[0].trimEnd();
      const end = stop.index + mark.length;
      if (mark.length === stop[0].length || !endsSentence(line, stop.index, mark, end)) continue;
      pieces.push(line.slice(start, end));
      start = end;
    }
    pieces.push(line.slice(start));
  }
  return pieces.map((sentence) => sentence.trim()).filter((sentence) => words(sentence).length);
}

function matchesAt(pattern, text, index) {
  pattern.lastIndex = index;
  return pattern.test(text);
}

function endsSentence(line, start, mark, end) {
  if (mark === ":") return true;
  if (matchesAt(LOWER, line, end)) return false;
  if (mark !== ".") return true;
  const word = line.slice(Math.max(0, start - 10), start).match(LAST_WORD)?.[0] ?? "";
  if (ABBREVIATIONS.has(word.toLowerCase())) return false;
  if (!ONE_LETTER_OR_DAY.test(word)) return true;
  return !(/^\d/.test(word) ? matchesAt(DIGIT, line, end) : word !== word.toLowerCase());
}

const isLong = (word) => !ADDRESS.test(word) && (word.match(LETTERS) ?? []).length >= LONG_WORD;

export function lix(text) {
  const sentenceWords = sentences(text).map(words);
  const allWords = sentenceWords.flat();
  if (!allWords.length) return null;
  return Math.floor(allWords.length / sentenceWords.length + (100 * allWords.filter(isLong).length) / allWords.length + 0.5);
}

export const lixLabel = (value) => SCALE.find(([limit]) => value < limit)[1];

export function readabilityNote(text) {
  const counts = sentences(text).map((sentence) => [words(sentence).length, sentence]);
  if (counts.reduce((sum, [count]) => sum + count, 0) < MIN_WORDS) return "";
  const value = lix(text);
  const note = `LIX ${value}: ${lixLabel(value)}.`;
  const [count, longest] = counts.reduce((most, one) => (one[0] > most[0] ? one : most));
  if (count <= LONG_SENTENCE) return note;
  const quote = longest.length <= MAX_QUOTE ? longest : `${longest.slice(0, MAX_QUOTE).trimEnd()} …`;
  return `${note} Den længste sætning har ${count} ord: »${quote}«`;
}

// The value of a field as plain lines. In HTML, each paragraph, list item and table cell is a line.
const LINES = "p, li, td, th, caption, div, h1, h2, h3, h4, h5, h6";
export function linesOf(value) {
  if (!/<[a-z]/i.test(value)) return value;
  const { body } = new DOMParser().parseFromString(value, "text/html");
  // Whitespace in HTML, including line breaks, is a space.
  const walker = document.createTreeWalker(body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) walker.currentNode.data = walker.currentNode.data.replace(/\s+/g, " ");
  for (const node of body.querySelectorAll("br")) node.replaceWith("\n");
  for (const node of body.querySelectorAll(LINES)) node.append("\n"), node.prepend("\n");
  return body.textContent;
}

const FIELDS = "textarea[data-lix], textarea[data-richtext]";
const timers = new WeakMap();

function showNote(textarea) {
  let note = textarea.parentElement?.querySelector(":scope > .lix");
  const text = readabilityNote(linesOf(textarea.value));
  if (!note && !text) return;
  if (!note) {
    // Rows added by a script have no note element from the server.
    note = document.createElement("p");
    note.className = "lix";
    textarea.parentElement.append(note);
  }
  if (note.textContent !== text) note.textContent = text;
  note.hidden = !text;
}

document.addEventListener("input", ({ target }) => {
  if (!target.matches?.(FIELDS)) return;
  clearTimeout(timers.get(target));
  timers.set(target, setTimeout(() => showNote(target), 250));
});
for (const textarea of document.querySelectorAll(FIELDS)) showNote(textarea);
