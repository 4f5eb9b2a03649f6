// Reads the page aloud with a Danish voice of the device, and marks the sentence it has come to. Without such a voice
// there is no button; without this file the page is the same.

const synth = window.speechSynthesis;
const NOT_READ = "nav, form, button, summary, svg, script, style, .aloud, .versions, [aria-hidden='true']";
const MARK = "laest";

let voice, bar, play, stop;
let sentences = [];
let place = 0;
let spoken = null; // what is being said; kept here, or the browser may forget it

function findVoice() {
  const danish = synth.getVoices().filter(({ lang }) => /^da\b/i.test(lang.replace("_", "-")));
  // One on the device itself before one that sends the text away.
  voice = danish.find(({ localService }) => localService) || danish[0];
  if (voice && !bar) build();
  if (bar) bar.hidden = !voice;
}

function build() {
  const heading = document.querySelector("main h1");
  if (!heading) return;
  bar = document.createElement("div");
  bar.className = "aloud";
  [play, stop] = [toggle, end].map((act) => {
    const button = document.createElement("button");
    button.type = "button";
    button.addEventListener("click", act);
    bar.append(button);
    return button;
  });
  stop.textContent = "Stop";
  stop.hidden = true;
  play.textContent = "Læs højt";
  heading.after(bar);
}

function show(text, isOn) {
  play.textContent = text;
  stop.hidden = !isOn;
}

function toggle() {
  if (spoken) {
    // Not pause(): on some phones that is the end of it. The sentence is begun again instead.
    hush();
    show("Læs videre", true);
  } else {
    if (stop.hidden) [sentences, place] = [collect(), 0];
    show("Pause", true);
    say();
  }
}

function hush() {
  spoken = null;
  synth.cancel();
}

function end() {
  hush();
  window.CSS.highlights?.delete(MARK);
  if (document.activeElement === stop) play.focus();
  show("Læs højt", false);
}

function say() {
  if (place >= sentences.length) return end();
  const { text, range } = sentences[place];
  const words = new SpeechSynthesisUtterance(text);
  words.voice = voice;
  words.lang = voice.lang;
  words.onend = () => {
    if (spoken !== words) return;
    place += 1;
    say();
  };
  words.onerror = () => spoken === words && end();
  spoken = words;
  if (window.Highlight) CSS.highlights.set(MARK, new Highlight(range));
  range.startContainer.parentElement.scrollIntoView({ block: "nearest" });
  synth.speak(words);
}

// The block that a text stands in: a sentence does not go on into the next one.
function blockOf(element) {
  while (getComputedStyle(element).display === "inline") element = element.parentElement;
  return element;
}

// What is shown in the page, in its order, as sentences: the text, and the range that it stands in.
function collect() {
  const walker = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
  const blocks = [];
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const parent = node.parentElement;
    if (parent.closest(NOT_READ) || parent.checkVisibility?.() === false) continue;
    const block = blockOf(parent);
    if (blocks.at(-1)?.block !== block) blocks.push({ block, nodes: [] });
    blocks.at(-1).nodes.push(node);
  }
  return blocks.flatMap(({ nodes }) => split(nodes));
}

function split(nodes) {
  const whole = nodes.map(({ data }) => data).join("");
  const parts = window.Intl?.Segmenter
    ? [...new Intl.Segmenter("da", { granularity: "sentence" }).segment(whole.replace(/\s/g, " "))]
    : [{ segment: whole, index: 0 }];
  return parts.flatMap(({ segment, index }) => {
    const text = segment.replace(/\s+/g, " ").trim();
    if (!/[\p{L}\p{N}]/u.test(text)) return [];
    const start = index + segment.search(/\S/);
    const range = new Range();
    range.setStart(...at(nodes, start));
    range.setEnd(...at(nodes, index + segment.trimEnd().length, true));
    return [{ text, range }];
  });
}

// Where in the nodes the letter of that number stands. The end of a sentence belongs to the node before.
function at(nodes, number, isEnd) {
  for (const node of nodes) {
    if (number < node.length || (isEnd && number === node.length)) return [node, number];
    number -= node.length;
  }
  const last = nodes.at(-1);
  return [last, last.length];
}

if (synth && window.SpeechSynthesisUtterance) {
  findVoice();
  synth.addEventListener?.("voiceschanged", findVoice);
  addEventListener("pagehide", () => bar && end());
}
