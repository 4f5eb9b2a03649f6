// Reads the page aloud with a Danish voice of the device, and highlights the current sentence. Without a Danish voice
// there is no button.

const synth = window.speechSynthesis;
const SKIPPED = "nav, form, button, summary, svg, script, style, .aloud, .versions, [aria-hidden='true']";
const MARK = "laest";

let voice, bar, play, stop;
let sentences = [];
let index = 0;
let utterance = null; // the current one; referenced here, because browsers may garbage collect it

function findVoice() {
  const danish = synth.getVoices().filter(({ lang }) => /^da\b/i.test(lang.replace("_", "-")));
  // Prefer a voice on the device to one that sends the text to a server.
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
  if (utterance) {
    // Some phones cannot resume after pause(), so the sentence is started again instead.
    cancelSpeech();
    show("Læs videre", true);
  } else {
    if (stop.hidden) [sentences, index] = [collect(), 0];
    show("Pause", true);
    speak();
  }
}

function cancelSpeech() {
  utterance = null;
  synth.cancel();
}

function end() {
  cancelSpeech();
  window.CSS.highlights?.delete(MARK);
  if (document.activeElement === stop) play.focus();
  show("Læs højt", false);
}

function speak() {
  if (index >= sentences.length) return end();
  const { text, range } = sentences[index];
  const current = new SpeechSynthesisUtterance(text);
  current.voice = voice;
  current.lang = voice.lang;
  current.onend = () => {
    if (utterance !== current) return;
    index += 1;
    speak();
  };
  current.onerror = () => utterance === current && end();
  utterance = current;
  if (window.Highlight) CSS.highlights.set(MARK, new Highlight(range));
  range.startContainer.parentElement.scrollIntoView({ block: "nearest" });
  synth.speak(current);
}

// The block element of a text. Sentences do not cross blocks.
function blockOf(element) {
  while (getComputedStyle(element).display === "inline") element = element.parentElement;
  return element;
}

// The visible text of the page as sentences: { text, range }.
function collect() {
  const walker = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
  const blocks = [];
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const parent = node.parentElement;
    if (parent.closest(SKIPPED) || parent.checkVisibility?.() === false) continue;
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
    range.setStart(...pointAt(nodes, start));
    range.setEnd(...pointAt(nodes, index + segment.trimEnd().length, true));
    return [{ text, range }];
  });
}

// The node and offset of a character offset in all nodes. The end of a sentence is in the node before.
function pointAt(nodes, offset, isEnd) {
  for (const node of nodes) {
    if (offset < node.length || (isEnd && offset === node.length)) return [node, offset];
    offset -= node.length;
  }
  const last = nodes.at(-1);
  return [last, last.length];
}

if (synth && window.SpeechSynthesisUtterance) {
  findVoice();
  synth.addEventListener?.("voiceschanged", findVoice);
  addEventListener("pagehide", () => bar && end());
}
